"""Folders that are searched besides the store, and never written.

An overlay is another store, or a plain folder of files under their published names, such as
torch.hub's checkpoints or a network share.
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
    """A file in a plain folder whose SHA-256 is, or begins with, `digest`.

    Files of one of the `names` come first, then those whose size is the one looked for, whatever
    they are called.

    Args:
        memory: the folder where digests are noted, so that each file is hashed once.
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
    """The file's digest, '' if there is none; hashed again when its size or time changed."""
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
    with contextlib.suppress(OSError):  # a store that cannot be written remembers nothing
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
