"""Standard streams as a command needs them: open, able to hold any name, and failing in a sentence.

A process may be started with closed streams, on a full disk, or with an encoding that has no letter
for what is to be printed.
"""

from __future__ import annotations

import contextlib
import os
import sys

from ..printable import printable

__all__ = ["finish", "prepare", "say"]


def prepare() -> None:
    """Opens streams that are closed, and makes both write what they cannot encode as escapes."""
    # Otherwise the next file that is opened would become standard output.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # for good
            setattr(sys, name, stream)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Prints a line on standard error, if it can be written to; nothing in it steers a terminal."""
    with contextlib.suppress(OSError, ValueError):
        print(printable(text, keep="\n\t"), file=sys.stderr, flush=True)


def finish(code: int) -> int:
    """Writes out what is buffered.

    Args:
        code: the exit code of the command.

    Returns:
        The exit code: 1 if standard output cannot be written. A reader that closed a pipe, such as
        head, has what it wants, and does not count.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except (OSError, ValueError) as error:
        _discard()
        say(f"hub: the output cannot be written: {getattr(error, 'strerror', None) or error}")
        return code or 1
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    return code


def _discard() -> None:
    """Sends what is still buffered, and what Python would write at its end, nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
