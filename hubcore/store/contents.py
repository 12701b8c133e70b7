"""The contents of a store: files under their digests, found and added without a network.

Finding a file that the store has takes no network, no lock and no second hash. A store's folder
contains::

    blobs/ab/abcd...        a file under its full SHA-256, complete and verified
    blobs/ab/abcd....json   its record: size and time when it was verified, names and sources;
                            the record's own modification time is the file's last use
    urls/12/1234....json    the digest of what an address served, trusted from then on; kept
                            when the file is removed
    seen/                   digests of files in overlays, so that they are hashed only once
    catalogs/               catalogues that came with bundles
    derived/ab/abcd...-KIND a file made from a blob
    partial/, locks/        downloads in progress
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from ..download.addresses import file_name
from ..download.remote import RemoteFile
from ..errors import (
    DigestMismatchError,
    NotEnoughSpaceError,
    StoreError,
)
from .blobs import Blobs, Entry
from .overlays import find_in_folder
from .trust import TrustNotes

__all__ = ["Contents"]

_log = logging.getLogger(__name__)

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Readable(Protocol):
    """Anything from which bytes can be read, such as a binary file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


class Contents:
    """Files by their digest, in the store's own folder and in overlays that are only read.

    Args:
        root: the store's folder; made when the first file is added.
        overlays: folders that are searched as well but never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def __init__(self, root: Path, overlays: Iterable[Path] = ()) -> None:
        self.root = Path(root)
        self.overlays = tuple(Path(overlay) for overlay in overlays)
        self._blobs = Blobs(self.root)
        self._trust = TrustNotes(self.root / "urls")

    # -- looking ---------------------------------------------------------------------------

    def find(self, file: RemoteFile, *, check_hash: bool = True) -> Path | None:
        """Finds a file in the store or an overlay, without using the network.

        Args:
            file: the file.
            check_hash: find only a file with the right digest; if False, also one that was fetched
                from one of its addresses before, or has its name in an overlay.

        Returns:
            The file's path, or None if it is in neither.

        Raises:
            MissingDigestError: ``file.sha256`` is not a digest.
        """
        return self._find(file, self._blobs, self._trust, check_hash) or self._in_overlays(
            file, check_hash
        )

    # -- adding ----------------------------------------------------------------------------

    def add(
        self, path: Path, *, sha256: str | None = None, name: str = "", source: str = ""
    ) -> Path:
        """Copies a local file into the store.

        Args:
            path: the file.
            sha256: its digest or a prefix of it, to verify against; None to accept any file.
            name: the name to record, by default the file's own.
            source: the address to record as its source, or "".

        Returns:
            The file's path in the store.

        Raises:
            DigestMismatchError: the file has another digest.
            StoreError: the store cannot be written, or the file cannot be read.
        """
        path = Path(path)
        try:
            reader = path.open("rb")
        except OSError as error:
            raise StoreError(f"Cannot read {path}: {error.strerror}.") from error
        with reader:
            return self.add_stream(
                reader, sha256=sha256 or "", name=name or path.name, source=source, origin=str(path)
            )

    def add_stream(
        self, reader: Readable, *, sha256: str, name: str, source: str = "", origin: str = ""
    ) -> Path:
        """Copies the bytes of a reader into the store.

        Args:
            reader: read to its end.
            sha256: the digest or a prefix of it, to verify against; "" to accept any bytes.
            name: the name to record, or "".
            source: the address to record as the source, or "".
            origin: what to call the reader in an error message.

        Returns:
            The file's path in the store.

        Raises:
            DigestMismatchError: the bytes have another digest.
            StoreError: the store cannot be written.
        """
        with self.writing():
            folder = self.root / "partial"
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".add-{secrets.token_hex(8)}"
            try:
                digest = hashlib.sha256()
                with temporary.open("wb") as writer:
                    while chunk := reader.read(256 * 1024):
                        digest.update(chunk)
                        writer.write(chunk)
                if not digest.hexdigest().startswith(sha256.lower()):
                    raise DigestMismatchError(origin, sha256.lower(), digest.hexdigest())
                return self.publish(temporary, digest.hexdigest(), name, source)
            finally:
                temporary.unlink(missing_ok=True)

    def forget(self, url: str) -> str | None:
        """Forgets the trusted digest of an address, so that the next file there is trusted instead.

        Files in the store stay.

        Returns:
            The digest, or None if there was none.

        Raises:
            StoreError: the store cannot be written.
        """
        with self.writing():
            return self._trust.forget(url)

    def trusted(self, url: str) -> str | None:
        """The trusted full digest of what an address served, or None."""
        return self._trust.get(url)

    def trust(self, url: str, digest: str) -> None:
        """Records the full digest of what an address served, which is trusted from now on."""
        self._trust.set(url, digest)

    def derived(self, digest: str, kind: str, make: Callable[[Path], None]) -> Path:
        """A file made from a blob: made once, and kept with it.

        Args:
            digest: the blob's full digest.
            kind: the kind of file, such as ``zip``, in letters, digits and dashes.
            make: writes the file to the path that it is given.

        Returns:
            The file's path.

        Raises:
            StoreError: the store cannot be written.
        """
        target = self.root / "derived" / digest[:2] / f"{digest}-{kind}"
        if target.exists():
            return target
        with self.writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
            try:
                make(temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        return target

    # -- contents --------------------------------------------------------------------------

    def entries(self) -> Iterator[Entry]:
        """The files of the store, without overlays; others may be changing it meanwhile."""
        return self._blobs.entries()

    def blob_path(self, digest: str) -> Path:
        """The path of the file with this full digest, whether or not it exists."""
        return self._blobs.path(digest)

    def record_path(self, digest: str) -> Path:
        """The path of the record of the file with this full digest."""
        return self._blobs.record_path(digest)

    def publish(self, data: Path, digest: str, name: str, source: str = "") -> Path:
        """Moves a verified file out of the store's ``partial`` folder to its final name.

        If the store already has the file, `data` stays where it is.

        Args:
            data: the file.
            digest: its full SHA-256.
            name: the name to record, or "".
            source: the address to record, or ""; its secrets are left out.

        Returns:
            The file's path in the store.
        """
        return self._blobs.publish(data, digest, name, source)

    # -- inside ----------------------------------------------------------------------------

    def _find(
        self, file: RemoteFile, blobs: Blobs, trust: TrustNotes, check_hash: bool
    ) -> Path | None:
        digest = file.digest
        trusted = next((d for url in file.urls if (d := trust.get(url))), None)
        if trusted and not (check_hash and digest and not trusted.startswith(digest)):
            path = blobs.sound(trusted)
            if path is not None:
                return path
            if check_hash:  # another file with this prefix is not the trusted one
                return None
        return blobs.find(digest) if digest else None

    def _in_overlays(self, file: RemoteFile, check_hash: bool) -> Path | None:
        digest = file.digest
        trusted = self._trusted(file)
        if trusted and (not digest or trusted.startswith(digest)):
            digest = trusted
        names = list(dict.fromkeys(filter(None, map(file_name, file.urls))))
        for overlay in self.overlays:
            # An overlay that cannot be read does not have the file.
            with contextlib.suppress(OSError):
                blobs = Blobs(overlay, writable=False)
                notes = TrustNotes(overlay / "urls")
                path = self._find(file._replace(sha256=digest), blobs, notes, check_hash)
                if path is None and digest:
                    path = find_in_folder(overlay, names, digest, file.size, self.root / "seen")
                if path is None and not check_hash and not digest:
                    path = next((overlay / n for n in names if (overlay / n).is_file()), None)
                if path is not None:
                    return path
        return None

    def _trusted(self, file: RemoteFile) -> str | None:
        return next((digest for url in file.urls if (digest := self.trusted(url))), None)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Makes the store's folder, and turns an `OSError` in the block into a `StoreError`."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            yield
        except StoreError:
            raise
        except OSError as error:
            if error.errno in _READ_ONLY:
                raise StoreError(
                    f"The store {self.root} cannot be written ({error.strerror}). Set "
                    "HUBCORE_HOME to a folder that you can write to; to keep reading this one, add "
                    "it to HUBCORE_ROOTS."
                ) from error
            if error.errno in _NO_ROOM:
                raise NotEnoughSpaceError(
                    f"The disk or the quota of {self.root} is full ({error.strerror}). Free some "
                    "space (hub cache prune), or set HUBCORE_HOME to a folder on a larger disk.",
                    needed=None,
                    free=None,
                ) from error
            place = f": {error.filename}" if error.filename else ""
            raise StoreError(
                f"The store {self.root} cannot be used ({error.strerror or error}{place})."
            ) from error
