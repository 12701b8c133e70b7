"""How a file is written: beside its final name, flushed to the disk, then renamed.

Readers see the old file or the whole new one, also after a crash or a power cut.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from .devices import refuse_special

__all__ = ["atomic_write", "check_writable", "publish"]


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Replaces a file once the block has written the new one.

    Args:
        path: the file's final path, in a folder that exists.

    Yields:
        The path in the same folder to write to. It is removed if the block raises.

    Raises:
        OSError: the file cannot be written, or is a device.
    """
    with contextlib.suppress(FileNotFoundError):
        refuse_special(path)
    # Hidden, and short whatever the final name is: a name has at most 255 bytes.
    temporary = path.with_name(f".{os.getpid()}-{os.urandom(8).hex()}.tmp")
    try:
        yield temporary
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Checks that a file can be written, before the work that it is to hold.

    Args:
        path: the file's final path. Its folder need not exist.

    Raises:
        OSError: it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file", os.fspath(path))
    with contextlib.suppress(FileNotFoundError):
        refuse_special(path)
    folder = path.absolute().parent
    while not os.path.lexists(folder):
        folder = folder.parent
    probe = folder / f".{os.getpid()}-{os.urandom(8).hex()}.tmp"
    probe.touch(exist_ok=False)
    probe.unlink()


def publish(temporary: Path, path: Path) -> None:
    """Flushes a complete file to the disk and gives it its final name, in one step.

    Args:
        temporary: the file, on the same file system as `path`.
        path: its final path, in a folder that exists; a file there is replaced.

    Raises:
        OSError: it cannot be renamed.
    """
    # Without the first, a power cut can leave the name with other bytes; without the second, the
    # old name.
    _flush(temporary, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    temporary.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _flush(path.parent, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot, and the file is right anyhow
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
