"""What `hub verify` finds out about a catalogue and the files that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hubcore.catalogs import member_files
from hubcore.catalogs.catalog import Catalog
from hubcore.digests import is_digest
from hubcore.download.hashing import sha256_of
from hubcore.download.remote import RemoteFile
from hubcore.store import Store

__all__ = ["File", "covered", "digests_in", "files_of"]


class File(NamedTuple):
    """A file of weights that a catalogue names.

    Attributes:
        name: the name of the weights, ``Enum.MEMBER``.
        state: ``verified`` (it is in the store, as it was when it was verified), ``missing`` (it is
            not in the store), ``damaged`` (it is there, and was changed), or ``not covered`` (the
            catalogue does not give all of its digest, so that its signature does not cover it).
        sha256: the digest that the catalogue gives, "" if none.
    """

    name: str
    state: str
    sha256: str


def files_of(catalog: Catalog, store: Store) -> Iterator[File]:
    """The state of each file that a catalogue names. Reads none that the store holds unchanged.

    Args:
        catalog: the catalogue.
        store: where the files are.
    """
    for name, file in _files(catalog):
        digest = file.digest or ""
        yield File(name, _state(file, store) if is_digest(digest) else "not covered", digest)


def covered(catalog: Catalog) -> tuple[int, int]:
    """How many weights of a catalogue have a full digest, and how many have not."""
    full = [is_digest(file.digest or "") for _, file in _files(catalog)]
    return sum(full), len(full) - sum(full)


def digests_in(store: Store, folder: Path, name: str, expected: str) -> str | None:
    """The digest of a file that was signed by its own name, for `signatures.verify`.

    Args:
        store: holds it, by its digest; else it is read.
        folder: where it lies, if the store does not hold it.
        name: its name in the folder.
        expected: the digest that was signed.
    """
    if is_digest(expected) and store.held(RemoteFile((name,), expected)) is not None:
        return expected
    path = folder / name
    return sha256_of(path) if path.is_file() else None


def _state(file: RemoteFile, store: Store) -> str:
    there = store.blob_path(file.digest or "").exists()
    if store.held(file) is not None:
        return "verified"
    return "damaged" if there else "missing"


def _files(catalog: Catalog) -> Iterator[tuple[str, RemoteFile]]:
    for entry in catalog.weights.values():
        for member, data in entry.members.items():
            for file in member_files.files_of(data):
                yield f"{entry.name}.{member}", file
