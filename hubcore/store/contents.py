"""The contents of a store: files under their digests, found and added without a network.

Finding a file that the store has takes no network, no lock and no second hash. A store's folder
contains::

    blobs/ab/abcd...        a file under its full SHA-256, complete and verified
    blobs/ab/abcd....json   its record: size and time when it was verified, names and sources;
                            the record's own modification time is the file's last use
    urls/12/1234....json    the digest that an address is held to, and what it served unchecked;
                            kept when the file is removed
    seen/                   digests of files in overlays that were not what was looked for
    catalogs/               catalogues that came with bundles
    derived/ab/abcd...-KIND a file made from a blob, and its record with its own digest
    partial/, locks/        downloads in progress
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..atomic_write import atomic_write
from ..devices import refuse_device
from ..digests import is_digest
from ..download.addresses import file_name
from ..download.hashing import sha256_of
from ..download.remote import RemoteFile
from ..errors import (
    DigestMismatchError,
    NotEnoughSpaceError,
    StoreError,
)
from .blobs import Blobs, Entry, is_sound, protect
from .copying import Readable, clone, copy
from .overlays import Seen, candidates
from .ownership import is_ours_alone, make_folder, make_private_folder
from .records import write_record
from .trust import USER, Pin, TrustNotes

__all__ = ["Contents"]

_log = logging.getLogger(__name__)

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Contents:
    """Files by their digest, in the store's own folder and in overlays that are only read.

    Args:
        root: the store's folder; made when the first file is added.
        overlays: folders that are searched as well but never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def __init__(self, root: Path, overlays: Iterable[Path] = ()) -> None:
        self.root = root = Path(root)
        self.overlays = tuple(Path(overlay) for overlay in overlays)
        self._blobs = Blobs(self.root)
        self._trust = TrustNotes(root)
        self._seen = Seen(root)

    # -- looking ---------------------------------------------------------------------------

    def find(self, file: RemoteFile, *, check_hash: bool = True) -> Path | None:
        """Finds a file in the store or an overlay, without using the network.

        A file of an overlay is copied into the store and verified on the way, unless the overlay is
        a store that only this user and root can write to.

        Args:
            file: the file.
            check_hash: find only a file whose full digest is known and right; if False, also one
                that came unchecked from one of its addresses, agrees with the digits that are
                known, or has its name in an overlay.

        Returns:
            The file's path, or None if it is in neither.

        Raises:
            MissingDigestError: ``file.sha256`` is not a digest.
            StoreError: it is in an overlay, and the store cannot be written.
        """
        path = self.held(file, check_hash=check_hash)
        if path is not None:
            return path
        digest = self.known_digest(file)
        if digest:
            path = self._from_overlays(file, digest)
            if path is not None:
                return path
        return None if check_hash else self._unchecked_in_overlays(file)

    def held(self, file: RemoteFile, *, check_hash: bool = True) -> Path | None:
        """Finds a file as `find` does, but only where nothing need be copied.

        Args:
            file: the file.
            check_hash: as for `find`.
        """
        digest = self.known_digest(file)
        if digest:
            path = self._blobs.sound(digest)
            if path is not None:
                return path
            found = (self._in_store_of_others(overlay, digest) for overlay in self.overlays)
            path = next(filter(None, found), None)
            if path is not None:
                return path
        if check_hash:
            return None
        noted = [self._trust.unchecked(url) for url in file.urls]
        matching = self._blobs.matching(file.digest) if file.digest else ()
        unchecked = (self._blobs.sound(digest) for digest in (*noted, *matching) if digest)
        return next((path for path in unchecked if path is not None), None)

    def copy_by_name(self, file: RemoteFile) -> Path | None:
        """A file of this name in an overlay, whatever its content; None if there is none."""
        found = (path for o in self.overlays for path in candidates(o, _names(file), None))
        return next(found, None)

    def known_digest(self, file: RemoteFile) -> str:
        """The full digest that a file must have; "" if it is not known.

        It is the catalogue's; or, where that gives no digest or only the first digits, the one that
        is pinned for the file's own address.

        Raises:
            MissingDigestError: ``file.sha256`` is not a digest.
        """
        digest = file.digest or ""
        if is_digest(digest):
            return digest
        pin = self._trust.get(file.urls[0])
        return pin.sha256 if pin and pin.sha256.startswith(digest) else ""

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
            refuse_device(path)
            reader = path.open("rb")
        except OSError as error:
            raise StoreError(f"Cannot read {path}: {error.strerror}.") from error
        with reader:
            return self._add(
                lambda writer: clone(reader, writer) or copy(reader, writer),
                sha256=sha256 or "",
                name=name or path.name,
                source=source,
                origin=str(path),
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
        return self._add(
            lambda writer: copy(reader, writer),
            sha256=sha256,
            name=name,
            source=source,
            origin=origin,
        )

    def _add(
        self,
        write: Callable[[BinaryIO], str],
        *,
        sha256: str,
        name: str,
        source: str,
        origin: str,
    ) -> Path:
        """Publishes what `write` writes, if the digest that it returns is the expected one."""
        with self.writing():
            folder = self.root / "partial"
            make_private_folder(folder)
            temporary = folder / f".add-{secrets.token_hex(8)}"
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                # A descriptor that another user has open for writing would outlive the hash.
                descriptor = os.open(temporary, flags, 0o644)
                with open(descriptor, "r+b") as writer:  # noqa: PTH123  (a descriptor)
                    digest = write(writer)
                if not digest.startswith(sha256.lower()):
                    raise DigestMismatchError(origin, sha256.lower(), digest)
                return self.publish(temporary, digest, name, source)
            finally:
                temporary.unlink(missing_ok=True)

    def forget(self, url: str) -> str | None:
        """Forgets what is noted of an address, so that the next file there is the first one again.

        Files in the store stay.

        Returns:
            The digest, or None if there was none.

        Raises:
            StoreError: the store cannot be written.
        """
        with self.writing():
            return self._trust.forget(url)

    def trusted(self, url: str) -> str:
        """The full digest that an address is held to; "" if there is none."""
        pin = self._trust.get(url)
        return pin.sha256 if pin else ""

    def pinned(self, url: str) -> Pin | None:
        """The full digest that an address is held to, and who says so; or None."""
        return self._trust.get(url)

    def pin(self, url: str, digest: str, by: str = USER) -> None:
        """Holds an address to a full digest, which counts from now on as if its catalogue gave it.

        Args:
            url: the address.
            digest: the full SHA-256, in lower case.
            by: ``user``, or ``first use`` for what the address itself served.

        Raises:
            StoreError: the store cannot be written.
        """
        with self.writing():
            self._trust.pin(url, digest, by)

    def unchecked(self, file: RemoteFile) -> set[str]:
        """The full digests of what a file's addresses served when nothing was checked."""
        return set(filter(None, map(self._trust.unchecked, file.urls)))

    def note_unchecked(self, url: str, digest: str) -> None:
        """Notes what an address served when nothing was checked: for calls that don't check, only.

        Raises:
            StoreError: the store cannot be written.
        """
        with self.writing():
            self._trust.note_unchecked(url, digest)

    def derived(
        self, digest: str, kind: str, make: Callable[[Path], None], made_by: str | None = None
    ) -> Path:
        """A file made from a blob: made once, and kept with it.

        Args:
            digest: the blob's full digest.
            kind: the kind of file, such as ``zip``, in letters, digits, dashes and dots.
            make: writes the file to the path that it is given.
            made_by: the distribution and version that it is of no use without, such as
                ``hub-export==0.1.0``: once another version is installed, pruning removes it.

        Returns:
            The file's path.

        Raises:
            StoreError: the store cannot be written, or others can write to it.
        """
        target = self.root / "derived" / digest[:2] / f"{digest}-{kind}"
        record = target.with_name(f"{target.name}.json")
        if is_sound(target, self.root):
            return target
        with self.writing():
            make_folder(target.parent)
            if not is_ours_alone(target.parent, self.root):
                raise StoreError(
                    f"{self.root} can be written by others: it keeps no converted files"
                )
            with atomic_write(target) as temporary:
                make(temporary)
                made = sha256_of(temporary)
                protect(temporary)
            status = target.stat()
            write_record(
                record,
                {
                    "size": status.st_size,
                    "mtime_ns": status.st_mtime_ns,
                    "sha256": made,
                    **({"made_by": made_by} if made_by else {}),
                },
            )
        return target

    def made_from(self, digest: str, kind: str) -> list[Path]:
        """The undamaged files made from a blob whose kind begins so, by name.

        Args:
            digest: the blob's full digest.
            kind: the beginning of what `derived` was given.
        """
        found = (self.root / "derived" / digest[:2]).glob(f"{digest}-{kind}*")
        return sorted(
            path for path in found if path.suffix != ".json" and is_sound(path, self.root)
        )

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

    def _in_store_of_others(self, root: Path, digest: str) -> Path | None:
        """The file in a store that is only read: where it is, if nobody but root can change it."""
        path = Blobs(root).path(digest)
        try:
            if not path.is_file() or not is_ours_alone(path, root):
                return None
            actual = self._seen.digest(path)
            if actual is None:
                actual = sha256_of(path)
                self._seen.note(path, actual)
        except OSError:
            return None
        return path if actual == digest else None

    def _from_overlays(self, file: RemoteFile, digest: str) -> Path | None:
        for overlay in self.overlays:
            blob = Blobs(overlay).path(digest)
            for path in (blob, *candidates(overlay, _names(file), file.size)):
                copy = self._copied(path, digest, file)
                if copy is not None:
                    return copy
        return None

    def _copied(self, path: Path, digest: str, file: RemoteFile) -> Path | None:
        """The copy of a file of an overlay in the store.

        None if it has another digest, or cannot be read: then the overlay does not have the file.
        """
        try:
            if not path.is_file() or not os.access(path, os.R_OK):
                return None
            if self._seen.digest(path) not in (None, digest):
                return None
        except OSError:
            return None
        try:
            return self.add(path, sha256=digest, name=file.name)
        except DigestMismatchError as error:
            self._seen.note(path, error.actual)
            return None

    def _unchecked_in_overlays(self, file: RemoteFile) -> Path | None:
        for overlay in self.overlays:
            for path in candidates(overlay, _names(file), None):
                with contextlib.suppress(DigestMismatchError):
                    copy = self.add(path, sha256=file.digest, name=file.name)
                    self.note_unchecked(file.urls[0], copy.name)
                    return copy
        return None

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Makes the store's folder, and turns an `OSError` in the block into a `StoreError`."""
        try:
            make_folder(self.root)
            yield
        except StoreError:
            raise
        except OSError as error:
            place = f": {error.filename}" if error.filename else ""
            if error.errno in _READ_ONLY:
                raise StoreError(
                    f"The store {self.root} cannot be written ({error.strerror}{place}). Set "
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
            raise StoreError(
                f"The store {self.root} cannot be used ({error.strerror or error}{place})."
            ) from error


def _names(file: RemoteFile) -> list[str]:
    return list(dict.fromkeys(filter(None, map(file_name, file.urls))))
