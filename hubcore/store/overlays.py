"""Overlays: folders that are searched besides the store and never written.

An overlay is another store, or a plain folder of files under their published names, such as
torch.hub's checkpoints or a network share. This module searches the plain folders.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .ownership import is_ours_alone
from .records import key_of, read_record, write_record

__all__ = ["Seen", "candidates"]


def candidates(folder: Path, names: Sequence[str], size: int | None) -> Iterator[Path]:
    """The regular files of a plain folder that may be a certain one.

    Args:
        folder: the folder, which need not exist.
        names: the file's names, which are tried first.
        size: its size in bytes; if given, files of this size count under any name, and no others.
    """
    for name in names:
        with contextlib.suppress(OSError):
            path = folder / name
            if path.is_file() and size in (None, path.stat().st_size):
                yield path
    if size:
        with contextlib.suppress(OSError), os.scandir(folder) as files:
            for file in files:
                with contextlib.suppress(OSError):
                    if file.name not in names and file.is_file() and file.stat().st_size == size:
                        yield Path(file.path)


class Seen:
    """Digests of files that are not the store's own, so that each is hashed only once.

    A file has changed if any of its size, its two times and its number has: the time of its last
    change of status cannot be put back.

    Args:
        root: the folder of the store, not of the overlay, in which the notes are.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def digest(self, path: Path) -> str | None:
        """The digest noted of a file, if it has not changed since."""
        note = self._note(path)
        facts = read_record(note)
        digest = facts.pop("sha256", None)
        if not digest or facts != _identity(path) or not is_ours_alone(note, self._root):
            return None
        return str(digest)

    def note(self, path: Path, digest: str) -> None:
        """Notes the digest of a file."""
        with contextlib.suppress(OSError):  # the store may be read-only
            write_record(self._note(path), {**_identity(path), "sha256": digest})

    def _note(self, path: Path) -> Path:
        return self._root / "seen" / f"{key_of(str(path.absolute()))}.json"


def _identity(path: Path) -> dict[str, Any]:
    status = path.stat()
    return {
        "path": str(path),
        "device": status.st_dev,
        "inode": status.st_ino,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ctime_ns": status.st_ctime_ns,
    }
