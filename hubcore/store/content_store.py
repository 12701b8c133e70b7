"""The store: verified files by their digest, fetched when they are missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import settings
from ..download.addresses import check_address, redact
from ..download.remote import RemoteFile
from ..errors import HubError, MissingDigestError
from ..packages import hooks
from .blobs import Entry
from .contents import Contents

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]


class Store(Contents):
    """Files by their digest; what is not here is fetched, verified and kept.

    Args:
        root: the store's folder; made when the first file enters.
        overlays: folders that are searched as well and never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def get(
        self,
        file: RemoteFile,
        *,
        progress: bool = True,
        check_hash: bool = True,
    ) -> Path:
        """The verified file, downloaded if it is nowhere here.

        Args:
            progress: show a progress bar, if standard error is a terminal.
            check_hash: False takes whatever the address serves.

        Raises:
            MissingDigestError: `check_hash`, and nothing to check against.
            OfflineError: it is not here and ``HUBCORE_OFFLINE`` is set.
            DigestMismatchError: what arrived are other bytes.
            DownloadError: no address served it.
            StoreError: the store cannot be written.
        """
        self._require_digest(file, check_hash)
        path = self.find(file, check_hash=check_hash)
        if path is not None:
            return path
        from ..download.http import Cancel
        from ..download.progress import Progress
        from .acquire import acquire

        display = Progress(file.name or "download", shown=progress)
        try:
            return acquire(self, file, check_hash, display, Cancel())
        finally:
            display.close()

    def get_many(
        self,
        files: Sequence[RemoteFile],
        *,
        progress: bool = True,
        check_hash: bool = True,
        at_once: int = 4,
        about: Sequence[int | None] = (),
    ) -> list[Path | Exception]:
        """Several files, some at once, with one progress bar.

        Args:
            at_once: how many; they share the connections that one file may use.
            about: their sizes in bytes, roughly, for the remaining time; exact ones are learnt.

        Returns:
            For each file, in order, its path or the error that it ended with.
        """
        from concurrent.futures import ThreadPoolExecutor

        from ..download.http import Cancel
        from ..download.progress import Progress
        from .acquire import acquire

        display = Progress(f"{len(files)} files", shown=progress)
        cancel = Cancel()
        connections = max(settings.connections() // at_once, 1)
        for number, file in enumerate(files):
            size = file.size or (about[number] if about else None)
            if size and self.find(file, check_hash=check_hash) is None:
                display.expect(file, size)

        def one(file: RemoteFile) -> Path | Exception:
            try:
                self._require_digest(file, check_hash)
                found = self.find(file, check_hash=check_hash)
                return found or acquire(self, file, check_hash, display, cancel, connections)
            except (HubError, OSError) as error:
                return error

        with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="hubcore") as pool:
            try:
                return list(pool.map(one, files))
            except BaseException:
                cancel.set()
                raise
            finally:
                display.close()

    def _require_digest(self, file: RemoteFile, check_hash: bool) -> None:
        for url in file.urls:
            check_address(url, allow_file=file.allow_file, other_schemes=hooks.installed)
        if check_hash and not file.digest and not self._trusted(file):
            raise MissingDigestError(
                f"Nothing to check {redact(file.urls[0])} against: the catalogue gives no SHA-256 "
                "and its name carries none. Pass check_hash=False to take it as it is, or import "
                "a file that you trust: hub cache import FILE --sha256 DIGEST"
            )


def default_store() -> Store:
    """The user's store: ``HUBCORE_HOME``, with ``HUBCORE_ROOTS`` and torch.hub's checkpoints."""
    return Store(settings.home(), (*settings.roots(), settings.torch_hub_checkpoints()))
