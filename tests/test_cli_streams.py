"""Standard streams that are closed, full, or cannot hold a name."""

import os
import subprocess
import sys

import pytest

COMMANDS = [
    "list",
    "list --json",
    "show resnet50",
    "plugins",
    "cache list",
    "doctor",
    "--help",
    "help list",
]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no /dev/full")


def hub(command, **environment):
    """Runs a shell's command line with ``hub``; its output, error output and exit code."""
    run = subprocess.run(
        ["bash", "-c", command.replace("hub ", f"{sys.executable} -m hubcore.cli ", 1)],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
    )
    assert "Traceback" not in run.stderr
    return run.stdout, run.stderr, run.returncode


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_said(command, unbuffered):
    _, err, code = hub(f"hub {command} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert code == 1
    assert "hub: the output cannot be written: No space left on device" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_streams_are_no_error(command):
    assert hub(f"hub {command} >&-")[2] == 0
    out, _, code = hub(f"hub {command} 2>&-")
    assert code == 0
    assert out
    assert hub(f"hub {command} <&- >&- 2>&-")[2] == 0


def test_an_error_does_not_go_to_standard_output_when_there_is_no_other():
    assert hub("hub show nope 2>&-") == ("", "", 1)
    assert hub("hub show nope 2>/dev/full") == ("", "", 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_leaves_is_no_error(command):
    _, err, code = hub(f"set -o pipefail; hub {command} | head -c 1")
    assert (err, code) == ("", 0)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", ["\udcff.jpg", "猫.jpg", "e\x1b[31m.jpg"])
def test_a_name_that_a_stream_cannot_hold_is_written_as_escapes(encoding, name, tmp_path):
    (tmp_path / name).write_bytes(b"no image")
    line = f"hub predict resnet18 {tmp_path}/*.jpg"
    _, err, code = hub(line, PYTHONIOENCODING=encoding, HUBCORE_OFFLINE="1")
    assert code == 1
    assert "\x1b" not in err
    assert err.startswith("hub: ")
