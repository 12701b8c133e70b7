"""What a long command shows of its steps."""

import re
import time

from terminals import terminal

from hubcore.download.progress import Steps


def test_the_time_of_a_step_runs_on(monkeypatch):
    """Also while the step itself shows nothing; the line goes when the steps end."""
    with terminal(monkeypatch) as seen:
        text = ""
        with Steps(4) as step:
            step("resnet50: tracing")
            for _ in range(600):
                text += seen()
                if re.search(r"resnet50: tracing \(1/4, 00:0[1-9]\)", text):
                    break
                time.sleep(0.05)
            else:
                raise AssertionError(text)
        assert seen().endswith("\r")
