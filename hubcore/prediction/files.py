"""Refuses files that may never end, and reads open ones whole."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

from .errors import InputError

__all__ = ["content_of", "missing", "require_regular"]

MOST_BYTES = 1 << 30


def content_of(file: Any) -> bytes:
    """The bytes of an open file, from its beginning if it can go there.

    Raises:
        OSError: it cannot be read.
        ValueError: it is closed, was opened for text, is a device, or is larger than 1 GiB.
    """
    with contextlib.suppress(AttributeError, OSError):  # only files of the system have a number
        if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is a device: expected the open file of an image")
    if callable(getattr(file, "seek", None)) and getattr(file, "seekable", lambda: True)():
        file.seek(0)
    content = file.read(MOST_BYTES + 1)
    if not isinstance(content, bytes):
        raise ValueError("it is a file opened for text: open it in mode 'rb'")
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    return content


def missing(path: Path, reason: str = "no such file or folder") -> str:
    """Why a path names nothing: it may be a link whose target is gone."""
    try:
        target = path.readlink()
    except (OSError, ValueError):  # no link, or no possible name
        return reason
    return f"is a link to '{target}', which leads nowhere: {reason.lower()}"


def require_regular(path: Path) -> None:
    """Refuses what is not a regular file: reading a FIFO or a device could wait, or never end.

    Raises:
        InputError: it is no regular file, or there is none.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(str(path), missing(path, error.strerror or str(error))) from error
    if not stat.S_ISREG(mode):
        raise InputError(str(path), "is not a regular file: expected the path of one")
