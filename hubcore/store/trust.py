"""Trust on first use: the full digests of what addresses served.

They are kept when the files are removed, so that a change at an address is noticed later.
"""

from __future__ import annotations

from pathlib import Path

from ..digests import is_digest
from ..download.addresses import identity, redact
from .records import key_of, read_record, write_record

__all__ = ["TrustNotes"]


class TrustNotes:
    """Digests by address, in a folder of the store.

    Args:
        folder: the folder, which need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str) -> str | None:
        """The full digest recorded for an address, or None."""
        digest = read_record(self._path(url)).get("sha256")
        return digest if isinstance(digest, str) and is_digest(digest) else None

    def set(self, url: str, digest: str) -> None:
        """Records the full digest of what an address served.

        Raises:
            OSError: the record cannot be written.
        """
        write_record(self._path(url), {"url": redact(url), "sha256": digest})

    def forget(self, url: str) -> str | None:
        """Removes the record of an address; returns its digest, or None if there was none."""
        digest = self.get(url)
        self._path(url).unlink(missing_ok=True)
        return digest

    def _path(self, url: str) -> Path:
        key = key_of(identity(url))
        return self._folder / key[:2] / f"{key}.json"
