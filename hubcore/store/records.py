"""Small JSON files that change in one step, in folders of shards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["key_of", "read_record", "scan_shards", "write_record"]


def read_record(path: Path) -> dict[str, Any]:
    """What the record says; empty if there is none, or none that can be read."""
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write_record(path: Path, facts: Mapping[str, Any]) -> None:
    """Replaces the record; readers see the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_text(json.dumps(facts), "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def key_of(text: str) -> str:
    """A name for a record about something with a name that may be anything."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def scan_shards(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files in the shards of a folder; what vanishes meanwhile is left out."""
    with contextlib.suppress(OSError), os.scandir(folder) as shards:
        for shard in shards:
            with contextlib.suppress(OSError), os.scandir(shard.path) as files:
                yield from files
