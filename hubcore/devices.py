"""Paths that name no file: a device such as ``/dev/zero`` would be read until memory is full."""

from __future__ import annotations

import errno
import os
import stat

__all__ = ["refuse_device"]


def refuse_device(path: str | os.PathLike[str]) -> None:
    """Raises an error for a path that names a device.

    Raises:
        OSError: it does, or there is nothing at the path.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116  # also for text
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device, not a file", os.fspath(path))
