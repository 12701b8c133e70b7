"""The terminal: how wide it is, whether it has colour, and the pager for what is long."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

__all__ = ["paged", "paint", "width"]

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def width() -> int | None:
    """The columns that output may take; None where it goes to a file or a pipe: any number.

    ``COLUMNS`` decides where it is set.
    """
    with contextlib.suppress(ValueError):
        columns = int(os.environ.get("COLUMNS", ""))
        if columns > 0:
            return columns
    return _terminal_size()[0] if sys.stdout.isatty() else None


def paint(text: str, style: str) -> str:
    """Text in a style, where the output is a terminal that shows it.

    Args:
        text: the text.
        style: ``bold``, ``dim``, a colour, or "" for none.
    """
    if not style or not text.strip() or not _colour():
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


@contextlib.contextmanager
def paged() -> Iterator[None]:
    """Shows what is printed meanwhile in a pager, if it is longer than the terminal.

    ``PAGER`` names the pager (default: ``less``); ``cat``, or an empty value, is none.
    """
    terminal = sys.stdout
    if not (terminal.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        yield
        return
    screen = _Screen()
    sys.stdout = screen
    try:
        yield
    finally:
        sys.stdout = terminal
        text = screen.getvalue()
        if text.count("\n") < _terminal_size()[1] or not _page(text):
            terminal.write(text)


class _Screen(io.StringIO):
    """Keeps what is printed for a terminal."""

    def isatty(self) -> bool:
        return True


def _page(text: str) -> bool:
    """Shows a text in the pager. Returns whether there is one."""
    import shlex
    import signal
    import subprocess

    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return False
    if not command or command == ["cat"]:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's
    try:
        subprocess.run(
            command,
            input=text,
            text=True,
            check=False,
            errors="backslashreplace",
            env={"LESS": "FRX", **os.environ},
        )
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True


def _colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _terminal_size() -> tuple[int, int]:
    """Columns and lines."""
    try:
        size = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except (OSError, ValueError):
        return 80, 24
    return size.columns or 80, size.lines or 24
