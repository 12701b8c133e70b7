"""What is known of an address beyond its catalogue: the digest that it is held to.

A digest is pinned when a file whose catalogue gives only the first digits was fetched from its own
address (trust on first use), or when the user gives it. What came unchecked is noted apart, and
never counts as known. The notes are kept when files are removed, so that a change at an address is
noticed later.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..digests import is_digest
from ..download.addresses import identity, redact
from .ownership import is_ours_alone, warn_of_others
from .records import key_of, read_record, write_record

__all__ = ["FIRST_USE", "USER", "Pin", "TrustNotes"]

FIRST_USE = "first use"
USER = "user"


class Pin(NamedTuple):
    """The digest that an address is held to.

    Attributes:
        sha256: the full digest.
        by: ``first use``, or ``user`` if the user gave it.
    """

    sha256: str
    by: str


class TrustNotes:
    """Notes by address, in a folder of the store.

    Args:
        root: the store's folder, which need not exist. Pins count only if nobody else can write
            there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, url: str) -> Pin | None:
        """The pinned digest of an address, or None."""
        path = self._path(url)
        facts = read_record(path)
        digest, by = facts.get("sha256"), facts.get("by")
        # Older notes do not say how they were made, so they may be of an unchecked file.
        if not isinstance(digest, str) or not is_digest(digest) or by not in (FIRST_USE, USER):
            return None
        if not is_ours_alone(path, self._root):  # others may have written it
            warn_of_others(path, self._root)
            return None
        return Pin(digest, by)

    def unchecked(self, url: str) -> str | None:
        """The full digest of what an address served when nothing was checked, or None."""
        digest = read_record(self._path(url)).get("unchecked")
        return digest if isinstance(digest, str) and is_digest(digest) else None

    def pin(self, url: str, digest: str, by: str) -> None:
        """Pins the full digest of an address.

        Raises:
            OSError: the note cannot be written.
        """
        self._write(url, {"sha256": digest, "by": by})

    def note_unchecked(self, url: str, digest: str) -> None:
        """Notes the full digest of what an address served when nothing was checked.

        Raises:
            OSError: the note cannot be written.
        """
        self._write(url, {"unchecked": digest})

    def forget(self, url: str) -> str | None:
        """Removes the note of an address; returns its digest, or None if there was none."""
        pin = self.get(url)
        digest = pin.sha256 if pin else self.unchecked(url)
        self._path(url).unlink(missing_ok=True)
        return digest

    def _write(self, url: str, facts: dict[str, str]) -> None:
        path = self._path(url)
        write_record(path, {**read_record(path), "url": redact(url), **facts})

    def _path(self, url: str) -> Path:
        key = key_of(identity(url))
        return self._root / "urls" / key[:2] / f"{key}.json"
