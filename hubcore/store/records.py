"""Small JSON files that are replaced atomically, in folders divided into shards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .ownership import is_planted, write_private

__all__ = ["key_of", "read_record", "scan_folder", "scan_shards", "texts_in", "write_record"]


def read_record(path: Path) -> dict[str, Any]:
    """The content of a record; empty if it is missing or cannot be read."""
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write_record(path: Path, facts: Mapping[str, Any]) -> None:
    """Replaces a record atomically: readers see either the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    write_private(path, json.dumps(facts))


def texts_in(facts: Mapping[str, Any], key: str) -> list[str]:
    """The texts of a list in a record; without what is none, since anything may have written it."""
    value = facts.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def key_of(text: str) -> str:
    """A file name for a record about `text`, which may be any string: its SHA-256, 64 digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def scan_shards(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files in the shards (subfolders) of a folder, without those removed meanwhile."""
    for shard in scan_folder(folder):
        yield from scan_folder(Path(shard.path))


def scan_folder(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder of the store; nothing if it is a link that another user planted."""
    if not is_planted(folder):
        with contextlib.suppress(OSError), os.scandir(folder) as items:
            return list(items)
    return []
