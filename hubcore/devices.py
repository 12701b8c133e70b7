"""Paths that name no file: a device such as ``/dev/zero`` would be read until memory is full."""

from __future__ import annotations

import errno
import os
import stat

__all__ = ["read_small", "refuse_device", "refuse_special"]

_SMALL = 16 * 1024**2


def refuse_device(path: str | os.PathLike[str]) -> None:
    """Raises an error for a path that names a device.

    Raises:
        OSError: it does, or there is nothing at the path.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116  # also for text
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device, not a file", os.fspath(path))


def refuse_special(path: str | os.PathLike[str]) -> None:
    """Raises an error for a path of a device, a pipe or a socket, which a file would replace.

    Raises:
        OSError: it does, or there is nothing at the path.
    """
    refuse_device(path)
    mode = os.stat(path).st_mode  # noqa: PTH116  # also for text
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a socket, not a file", os.fspath(path))


def read_small(path: str | os.PathLike[str], limit: int = _SMALL) -> bytes:
    """Reads a file that a person wrote, such as settings or a list of names.

    Args:
        path: the file, a pipe, or a device such as ``/dev/null``.
        limit: the most bytes that it may give.

    Raises:
        OSError: it cannot be read, or gives more.
    """
    with open(path, "rb") as file:  # noqa: PTH123  # also for text
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 1024**2} MiB", os.fspath(path))
    return content
