"""The exported files that go into a bundle: what engines without torch run, kept beside weights.

Other copies of weights in the store are made again from the weights themselves. These need torch to
be made, which the machine that a bundle goes to may lack. No catalogue publishes their digests, so
a bundle's own word is all there is for them: they are taken only if the bundle is trusted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from ...digests import is_digest
from ...download.hashing import sha256_of
from ...errors import DigestMismatchError
from ...store import Store

__all__ = ["check_exported", "exported_files", "is_exported", "take_exported"]

_KIND = re.compile(r"onnx-[a-z0-9-]{1,120}\.(onnx|data)")
_BUFFER = 256 * 1024


def is_exported(name: str) -> bool:
    """Whether a file of a bundle is an exported one, by how it is named."""
    return _KIND.fullmatch(name) is not None


def exported_files(store: Store, digests: Iterable[str]) -> dict[str, tuple[Path, dict[str, Any]]]:
    """What is kept of some files, verified: by its name, its path and what the manifest says.

    Args:
        store: the store.
        digests: the full digests of the weights' files.
    """
    found = {}
    for digest in digests:
        for path in store.made_from(digest, "onnx-"):
            kind = path.name.removeprefix(f"{digest}-")
            if is_exported(kind):
                facts = {"of": digest, "kind": kind, "size": path.stat().st_size}
                found[path.name] = path, {**facts, "sha256": sha256_of(path)}
    return found


def check_exported(exported: Any, digests: Iterable[str]) -> None:
    """Checks what a manifest says of exported files.

    Raises:
        ValueError: it breaks the format.
    """
    known = set(digests)
    if not isinstance(exported, dict):
        raise ValueError("no object of exported files")
    for name, facts in exported.items():
        if (
            facts["of"] not in known
            or not is_exported(facts["kind"])
            or name != f"{facts['of']}-{facts['kind']}"
            or not is_digest(facts["sha256"])
        ):
            raise ValueError(f"a bad entry for {name}")


def take_exported(reader: IO[bytes], facts: Mapping[str, Any], store: Store, source: Path) -> None:
    """Keeps an exported file beside its weights, if its digest is what the bundle states.

    Raises:
        DigestMismatchError: it is not. Nothing is kept.
        StoreError: the store cannot be written.
    """

    def write(target: Path) -> None:
        digest = hashlib.sha256()
        with target.open("wb") as file:
            while part := reader.read(_BUFFER):
                digest.update(part)
                file.write(part)
        if digest.hexdigest() != facts["sha256"]:
            raise DigestMismatchError(source, facts["sha256"], digest.hexdigest())

    store.derived(facts["of"], facts["kind"], write)
