"""The files that the catalogues list, and the weights that a digest belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from ..store import RemoteFile, Store
from .member_files import files_of
from .names import short_name
from .queries import plugins

__all__ = ["KnownFile", "KnownFiles"]


class KnownFile(NamedTuple):
    """A file of a catalogue.

    Attributes:
        name: the name of its weights, ``Enum.MEMBER``, canonical where the bare one is taken.
        file: its addresses, digest and size.
    """

    name: str
    file: RemoteFile


class KnownFiles:
    """All files that the catalogues list; made without running any plugin's code."""

    def __init__(self) -> None:
        self._by_prefix: dict[str, list[KnownFile]] = {}
        self._without_digest: list[KnownFile] = []
        for known in _all():
            digest = known.file.digest
            if digest:
                self._by_prefix.setdefault(digest[:8], []).append(known)
            else:
                self._without_digest.append(known)

    def by_digest(self, store: Store) -> dict[str, list[KnownFile]]:
        """The files by their full digest: by their catalogue, or as the store has it pinned.

        Args:
            store: the store that pinned digests.
        """
        found: dict[str, list[KnownFile]] = {}
        for known in (*chain(*self._by_prefix.values()), *self._without_digest):
            digest = store.known_digest(known.file)
            if digest:
                found.setdefault(digest, []).append(known)
        return found

    def by_unchecked(self, store: Store) -> dict[str, list[KnownFile]]:
        """The files by the full digest of what came for them when nothing was checked.

        Args:
            store: the store that noted the digests.
        """
        found: dict[str, list[KnownFile]] = {}
        for known in (*chain(*self._by_prefix.values()), *self._without_digest):
            for digest in store.unchecked(known.file):
                found.setdefault(digest, []).append(known)
        return found

    def agreeing(self, digest: str) -> list[KnownFile]:
        """The files of which only the first digits are known, and agree with this full digest."""
        return [
            known
            for known in self._by_prefix.get(digest[:8], ())
            if digest.startswith(known.file.digest or "-") and known.file.digest != digest
        ]

    def digests_by_name(self) -> dict[str, set[str | None]]:
        """The digests, or prefixes of them, of the files that are published under each name."""
        named: dict[str, set[str | None]] = {}
        for group in self._by_prefix.values():
            for known in group:
                named.setdefault(known.file.name, set()).add(known.file.digest)
        return named


def _all() -> Iterator[KnownFile]:
    for plugin in plugins():
        if plugin.catalog is None:
            continue
        for entry in plugin.catalog.weights.values():
            name = short_name(entry)
            for member, data in entry.members.items():
                for file in files_of(data):
                    yield KnownFile(f"{name}.{member}", file)
