"""The store as its users see it: `Store.get` finds a file or downloads it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from .. import settings
from ..digests import is_digest
from ..download.addresses import check_address, redact, scheme
from ..download.remote import RemoteFile
from ..errors import HubError, MissingDigestError
from .blobs import Entry
from .contents import Contents
from .trust import USER

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]


class Store(Contents):
    """Files by their digest; missing ones are downloaded, verified and kept.

    Args:
        root: the store's folder; made when the first file is added.
        overlays: folders that are searched as well but never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def get(
        self,
        file: RemoteFile,
        *,
        progress: bool = True,
        check_hash: bool = True,
    ) -> Path:
        """Returns the path of a verified file, after downloading it if necessary.

        Args:
            file: the file.
            progress: show a progress bar, if standard error is a terminal.
            check_hash: verify the file's digest; if False, accept whatever the address serves.

        Raises:
            UnsafeAddressError: an address has a scheme that is not allowed, or is malformed.
            MissingDigestError: `check_hash` is True and there is no digest to verify against.
            OfflineError: the file must be downloaded and ``HUBCORE_OFFLINE`` is set.
            DigestMismatchError: the bytes that arrived have another digest.
            DownloadError: no address served the file.
            StoreError: the store cannot be written, or the file does not fit in it.
            LicenseError: the user's rules for licences refuse the weights that the file is of.
        """
        file.require_permit()
        self._require_digest(file, check_hash)
        path = self.find(file, check_hash=check_hash)
        if path is not None:
            return path
        from ..download.cancellation import Cancel
        from ..download.parallel import in_threads
        from ..download.progress import Progress
        from .acquire import acquire

        display = Progress(file.name or "download", shown=progress)
        cancel = Cancel()

        def download() -> Path:
            return acquire(self, file, check_hash, display, cancel)

        _load_hooks()
        try:
            return in_threads([download], 1, cancel.set)[0]
        finally:
            display.close()

    def get_many(
        self,
        files: Sequence[RemoteFile],
        *,
        progress: bool = True,
        check_hash: bool = True,
        at_once: int = 4,
    ) -> list[Path | Exception]:
        """Gets several files in parallel, with one progress bar.

        Args:
            files: the files.
            progress: show a progress bar, if standard error is a terminal.
            check_hash: verify the files' digests.
            at_once: the number of downloads at a time, which share the connections of one file.

        Returns:
            For each file, in order, its path or the error, a `HubError` or an `OSError`.
        """
        from functools import partial

        from ..download.cancellation import Cancel
        from ..download.parallel import in_threads
        from ..download.progress import Progress
        from .acquire import acquire

        display = Progress(f"{len(files)} files", shown=progress)
        cancel = Cancel()
        connections = max(settings.connections() // at_once, 1)

        def one(file: RemoteFile) -> Path | Exception:
            try:
                file.require_permit()
                self._require_digest(file, check_hash)
                found = self.find(file, check_hash=check_hash)
                size = file.size or file.about
                if found is None and size:
                    display.expect(file, size)
                return found or acquire(self, file, check_hash, display, cancel, connections)
            except (HubError, OSError) as error:
                return error

        _load_hooks()
        try:
            return in_threads([partial(one, file) for file in files], at_once, cancel.set)
        finally:
            display.close()

    def _require_digest(self, file: RemoteFile, check_hash: bool) -> None:
        from ..packages import hooks

        for url in file.urls:
            check_address(url, allow_file=file.allow_file, other_schemes=hooks.installed)
        if check_hash and is_digest(file.digest or ""):
            return
        address = redact(file.urls[0])
        if settings.require() == "full":
            if not check_hash:
                raise MissingDigestError(
                    f"HUBCORE_REQUIRE=full does not allow check_hash=False ({address})."
                )
            pin = self.pinned(file.urls[0])
            if pin is None or pin.by != USER or pin.sha256 != self.known_digest(file):
                known = (
                    "only the first digits of the SHA-256 are" if file.digest else "no SHA-256 is"
                )
                raise MissingDigestError(
                    f"HUBCORE_REQUIRE=full does not allow {address}: {known} published. If you "
                    "know all of it: hub cache pin NAME DIGEST"
                )
        if scheme(file.urls[0]) == "hf":
            return  # its repository states the digest
        if check_hash and not file.digest and not self.known_digest(file):
            raise MissingDigestError(
                f"Cannot verify {address}: the catalogue gives no SHA-256, and the file's name "
                "contains none. Pass check_hash=False to accept it unverified, or give the digest "
                "that you trust: hub cache pin NAME DIGEST"
            )


def _load_hooks() -> None:
    """Loads hooks in this thread: another one would wait for a module that this one is importing.

    A broken hook is reported where it is used.
    """
    from ..packages import hooks

    if hooks.installed():
        with contextlib.suppress(HubError):
            hooks.hook_plugins()


def default_store() -> Store:
    """The user's store: ``HUBCORE_HOME``, with ``HUBCORE_ROOTS`` and torch.hub's checkpoints.

    Raises:
        SettingsError: a setting is wrong, or there is no home directory and no ``HUBCORE_HOME``.
    """
    roots = (*settings.roots(), settings.torch_hub_checkpoints())
    return Store(settings.home(), tuple(root for root in roots if root is not None))
