"""What somebody at a terminal sees."""

from __future__ import annotations

import os
import struct
import sys
from contextlib import contextmanager

import pytest


@contextmanager
def terminal(monkeypatch, columns=80):
    """Standard error is a pseudo-terminal in the block; gives a function that reads it."""
    pty = pytest.importorskip("pty")
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def seen():
        return os.read(ours, 1_000_000).decode()

    with open(theirs, "w") as stream, monkeypatch.context() as patch:  # noqa: PTH123  # a file descriptor
        patch.setattr(sys, "stderr", stream)
        yield seen
    os.close(ours)
