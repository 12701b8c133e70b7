"""Overlays: folders that are searched besides the store and never written.

An overlay is another store, or a plain folder of files under their published names, such as
torch.hub's checkpoints or a network share. This module searches the plain folders.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..download.hashing import sha256_of
from .records import key_of, read_record, write_record

__all__ = ["find_in_folder"]


def find_in_folder(
    folder: Path, names: Sequence[str], digest: str, size: int | None, memory: Path
) -> Path | None:
    """Finds a file in a plain folder by its SHA-256.

    Args:
        folder: the folder.
        names: the names to try first.
        digest: the SHA-256 or a prefix of it, in lower case.
        size: the file's size in bytes; if given, files of this size are tried under any name.
        memory: the folder in which digests are recorded, so that each file is hashed only once.

    Returns:
        The file's path, or None if the folder does not have it.
    """
    for path in _candidates(folder, names, size):
        if _digest_of(path, size, memory).startswith(digest):
            return path
    return None


def _candidates(folder: Path, names: Sequence[str], size: int | None) -> Iterator[Path]:
    for name in names:
        yield folder / name
    if size:
        with contextlib.suppress(OSError), os.scandir(folder) as files:
            for file in files:
                with contextlib.suppress(OSError):
                    if file.name not in names and file.is_file() and file.stat().st_size == size:
                        yield Path(file.path)


def _digest_of(path: Path, size: int | None, memory: Path) -> str:
    """The file's SHA-256, from the record if the file is unchanged; "" if it cannot be used."""
    try:
        status = path.stat()
        if not path.is_file() or (size is not None and status.st_size != size):
            return ""
        note = memory / f"{key_of(str(path.absolute()))}.json"
        facts = read_record(note)
        if facts.get("size") == status.st_size and facts.get("mtime_ns") == status.st_mtime_ns:
            return str(facts.get("sha256", ""))
        digest = sha256_of(path)
    except OSError:
        return ""
    with contextlib.suppress(OSError):  # the store may be read-only
        write_record(
            note,
            {
                "path": str(path),
                "size": status.st_size,
                "mtime_ns": status.st_mtime_ns,
                "sha256": digest,
            },
        )
    return digest
