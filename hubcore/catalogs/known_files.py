"""The files that the catalogues list, and the weights that a digest belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..store import RemoteFile, Store
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

    def of(self, digest: str) -> list[KnownFile]:
        """The files whose digest, or prefix of it, agrees with this full digest."""
        return [
            known
            for known in self._by_prefix.get(digest[:8], ())
            if digest.startswith(known.file.digest or "-")
        ]

    def digests_by_name(self) -> dict[str, set[str | None]]:
        """The digests, or prefixes of them, of the files that are published under each name."""
        named: dict[str, set[str | None]] = {}
        for group in self._by_prefix.values():
            for known in group:
                named.setdefault(known.file.name, set()).add(known.file.digest)
        return named

    def trusted_only(self, store: Store) -> dict[str, KnownFile]:
        """Files without a digest in their catalogue that were fetched before, by full digest.

        Args:
            store: the store that recorded the digests.
        """
        found = {}
        for known in self._without_digest:
            digest = next((d for url in known.file.urls if (d := store.trusted(url))), None)
            if digest:
                found[digest] = known
        return found


def _all() -> Iterator[KnownFile]:
    for plugin in plugins():
        if plugin.catalog is None:
            continue
        for entry in plugin.catalog.weights.values():
            name = short_name(entry)
            for member, data in entry.members.items():
                urls = (data["url"], *data.get("mirrors", ()))
                yield KnownFile(
                    f"{name}.{member}", RemoteFile(urls, data.get("sha256"), data.get("size"))
                )
