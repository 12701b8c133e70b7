"""What a store holds: files under their digests, found and added without a network.

A file that is here costs no network, no lock and no second hash. What a folder holds::

    blobs/ab/abcd...        a file under its full SHA-256, complete and verified
    blobs/ab/abcd....json   its size and time when verified, its names and sources;
                            this record's own time is the file's last use
    urls/12/1234....json    the digest first seen at an address, trusted from then on; these
                            notes outlive the files
    seen/                   digests of files in overlays, so that they are hashed once
    catalogs/               catalogues that came with bundles
    derived/ab/abcd...-KIND what was made from a blob
    partial/, locks/        downloads under way
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
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes: ...


class Contents:
    """Files by their digest, in a folder of our own and in others' that are only read.

    Args:
        root: the store's folder; made when the first file enters.
        overlays: folders that are searched as well and never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def __init__(self, root: Path, overlays: Iterable[Path] = ()) -> None:
        self.root = Path(root)
        self.overlays = tuple(Path(overlay) for overlay in overlays)
        self._blobs = Blobs(self.root)
        self._trust = TrustNotes(self.root / "urls")

    # -- looking ---------------------------------------------------------------------------

    def find(self, file: RemoteFile, *, check_hash: bool = True) -> Path | None:
        """The verified file, from the store or an overlay; None if it is in neither.

        Never touches the network. Without `check_hash`, also what was fetched from one of the
        addresses before, whatever its digest.
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
            sha256: its digest or the beginning of it, to verify against.
            name: the name to note, instead of the file's own.
            source: the address to note that it comes from.

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
        """Copies what a reader gives into the store; as `add`.

        Args:
            sha256: the digest or the beginning of it, or '' to take anything.
            origin: what to call the reader in an error.
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
        """Forgets which digest was trusted for an address; returns it, or None if there was none.

        The next file found there is trusted anew. What is in the store stays.
        """
        with self.writing():
            return self._trust.forget(url)

    def trusted(self, url: str) -> str | None:
        """The full digest of what was first fetched from an address and verified."""
        return self._trust.get(url)

    def trust(self, url: str, digest: str) -> None:
        """Notes the full digest of what an address serves."""
        self._trust.set(url, digest)

    def derived(self, digest: str, kind: str, make: Callable[[Path], None]) -> Path:
        """A file made from a blob, made once and kept beside it.

        Args:
            digest: the blob's full digest.
            kind: what it is, in letters, digits and dashes (``zip``); also the file's suffix.
            make: writes the file to the path it is given.
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
        """What the store holds, while others may be writing to it."""
        return self._blobs.entries()

    def blob_path(self, digest: str) -> Path:
        """Where the file with this full digest is, or would be."""
        return self._blobs.path(digest)

    def record_path(self, digest: str) -> Path:
        """Where what is known of this file is noted."""
        return self._blobs.record_path(digest)

    def publish(self, data: Path, digest: str, name: str, source: str = "") -> Path:
        """Moves a verified file out of the store's ``partial`` folder to its final name.

        Where the file is already there, `data` stays where it is.
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
            if check_hash:  # what else begins so is not what was trusted
                return None
        return blobs.find(digest) if digest else None

    def _in_overlays(self, file: RemoteFile, check_hash: bool) -> Path | None:
        digest = file.digest
        trusted = self._trusted(file)
        if trusted and (not digest or trusted.startswith(digest)):
            digest = trusted
        names = list(dict.fromkeys(filter(None, map(file_name, file.urls))))
        for overlay in self.overlays:
            # A folder that cannot be read, or not under such a name, is one without the file.
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
        """Turns what a folder that cannot be written raises into one clear error."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            yield
        except StoreError:
            raise
        except OSError as error:
            if error.errno in _READ_ONLY:
                raise StoreError(
                    f"The store {self.root} cannot be written ({error.strerror}). Set "
                    "HUBCORE_HOME to a folder of yours; HUBCORE_ROOTS may name this one, to be "
                    "read."
                ) from error
            if error.errno in _NO_ROOM:
                raise NotEnoughSpaceError(
                    f"The disk or the quota of {self.root} is full ({error.strerror}). Free some "
                    "(hub cache prune) or set HUBCORE_HOME to a larger disk.",
                    needed=None,
                    free=None,
                ) from error
            place = f": {error.filename}" if error.filename else ""
            raise StoreError(
                f"The store {self.root} failed ({error.strerror or error}{place})."
            ) from error
