"""No test file leaves settings behind for the next one of its process, whichever that is."""

import os
import signal

import pytest

# A parent that runs the tests in the background has SIGINT ignored, and children inherit that. A
# handler is not inherited, so the processes that tests interrupt have the system's default again.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _settings() -> dict[str, str]:
    ours = ("HUBCORE_", "TORCH_HOME")
    return {name: value for name, value in os.environ.items() if name.startswith(ours)}


_expected = _settings()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Fail the last test of a file whose fixtures are gone and whose settings are not."""
    yield
    if (nextitem is None or nextitem.path != item.path) and (left := _settings()) != _expected:
        changed = dict(left.items() ^ _expected.items())
        _expected.clear()
        _expected.update(left)  # the next file is not to blame
        pytest.fail(f"{item.path.name} left behind: {changed}")
