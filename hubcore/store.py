"""The store: verified files by their digest, fetched when they are missing.

A file that is here costs no network, no lock and no second hash. What a folder holds::

    blobs/ab/abcd...        a file under its full SHA-256, complete and verified
    blobs/ab/abcd....json   its size and time when verified, its names and sources;
                            this record's own time is the file's last use
    urls/12/1234....json    the digest first seen at an address, trusted from then on; these
                            notes outlive the files
    seen/                   digests of files in overlays, so that they are hashed once
    catalogs/               catalogues that came with bundles (the registry reads them)
    derived/ab/abcd...-KIND what was made from a blob
    partial/, locks/        downloads under way
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from . import settings
from .addresses import check_address, file_name, identity, redact
from .hashing import sha256_of
from .overlays import find_in_folder
from .records import is_digest, key_of, read_record, scan_shards, write_record
from .remote import RemoteFile
from .store_errors import (
    DigestMismatchError,
    MissingDigestError,
    StoreError,
)

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]

_log = logging.getLogger(__name__)

_LAST_USE_GRAIN = 3600.0  # seconds; a file used all day is not written to all day


class Entry(NamedTuple):
    """One file of the store.

    Attributes:
        last_use: seconds since the epoch.
        derived: files made from this one.
    """

    sha256: str
    path: Path
    size: int
    last_use: float
    names: tuple[str, ...]
    sources: tuple[str, ...]
    derived: tuple[Path, ...]


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes: ...


class Store:
    """Files by content.

    Args:
        root: the store's folder; made when the first file enters.
        overlays: folders that are searched as well and never written: other stores, or plain
            folders of files under their published names, such as torch.hub's checkpoints.
    """

    def __init__(self, root: Path, overlays: Iterable[Path] = ()) -> None:
        self.root = Path(root)
        self.overlays = tuple(Path(overlay) for overlay in overlays)

    # -- looking ---------------------------------------------------------------------------

    def find(self, file: RemoteFile, *, check_hash: bool = True) -> Path | None:
        """The verified file, from the store or an overlay; None if it is in neither.

        Never touches the network. Without `check_hash`, also what was fetched from one of the
        addresses before, whatever its digest.
        """
        digest = file.digest
        trusted = self._trusted(file)
        if trusted and (not digest or trusted.startswith(digest) or not check_hash):
            path = self._blob_if_sound(trusted)
            if path:
                return path
            digest = trusted if check_hash else digest
        if digest:
            for candidate in self._matching(digest):
                path = self._blob_if_sound(candidate)
                if path:
                    return path
        return self._in_overlays(file, digest, check_hash)

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
        from .acquire import acquire
        from .http import Cancel
        from .progress import Progress

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
    ) -> list[Path | Exception]:
        """Several files, some at once, with one progress bar.

        Returns:
            For each file, in order, its path or the error that it ended with.
        """
        from concurrent.futures import ThreadPoolExecutor

        from .acquire import acquire
        from .http import Cancel
        from .progress import Progress

        display = Progress(f"{len(files)} files", shown=progress)
        cancel = Cancel()

        def one(file: RemoteFile) -> Path | Exception:
            try:
                self._require_digest(file, check_hash)
                found = self.find(file, check_hash=check_hash)
                return found or acquire(self, file, check_hash, display, cancel)
            except Exception as error:
                return error

        with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="hubcore") as pool:
            try:
                return list(pool.map(one, files))
            except BaseException:
                cancel.set()
                raise
            finally:
                display.close()

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
        record = self._url_path(url)
        digest = read_record(record).get("sha256")
        with self.writing():
            record.unlink(missing_ok=True)
        return digest

    def trusted(self, url: str) -> str | None:
        """The full digest of what was first fetched from an address and verified."""
        digest = read_record(self._url_path(url)).get("sha256")
        return digest if isinstance(digest, str) and is_digest(digest) else None

    def trust(self, url: str, digest: str) -> None:
        """Notes the full digest of what an address serves."""
        write_record(self._url_path(url), {"url": redact(url), "sha256": digest})

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
        derived: dict[str, list[Path]] = {}
        for item in scan_shards(self.root / "derived"):
            derived.setdefault(item.name[:64], []).append(Path(item.path))
        for item in scan_shards(self.root / "blobs"):
            if not is_digest(item.name):
                continue
            try:
                size = item.stat().st_size
            except OSError:
                continue  # removed meanwhile
            record = self.record_path(item.name)
            facts = read_record(record)
            try:
                last_use = record.stat().st_mtime
            except OSError:
                last_use = item.stat().st_mtime
            yield Entry(
                item.name,
                Path(item.path),
                size,
                last_use,
                tuple(facts.get("names", ())),
                tuple(facts.get("sources", ())),
                tuple(derived.get(item.name, ())),
            )

    # -- inside ----------------------------------------------------------------------------

    def blob_path(self, digest: str) -> Path:
        """Where the file with this full digest is, or would be."""
        return self.root / "blobs" / digest[:2] / digest

    def record_path(self, digest: str) -> Path:
        """Where what is known of this file is noted."""
        return self.root / "blobs" / digest[:2] / f"{digest}.json"

    def _url_path(self, url: str) -> Path:
        key = key_of(identity(url))
        return self.root / "urls" / key[:2] / f"{key}.json"

    def _trusted(self, file: RemoteFile) -> str | None:
        return next((digest for url in file.urls if (digest := self.trusted(url))), None)

    def _matching(self, digest: str) -> list[str]:
        """The digests in the store that begin so; none where the prefix does not decide."""
        if len(digest) == 64:
            return [digest]
        try:
            # Not Path.iterdir: names are all that is needed, and there may be thousands.
            names = os.listdir(self.root / "blobs" / digest[:2])  # noqa: PTH208
        except OSError:
            return []
        found = [name for name in names if name.startswith(digest) and is_digest(name)]
        return found if len(found) == 1 else []

    def _blob_if_sound(self, digest: str) -> Path | None:
        """The blob, if it still is what was verified; hashed again only if it was touched."""
        path = self.blob_path(digest)
        try:
            status = path.stat()
        except OSError:
            return None
        record = self.record_path(digest)
        facts = read_record(record)
        if facts.get("size") == status.st_size and facts.get("mtime_ns") == status.st_mtime_ns:
            self._touch(record)
            return path
        try:
            actual = sha256_of(path)
        except OSError:
            return None
        if actual != digest:
            _log.warning("%s was damaged; it is fetched anew", path)
            with contextlib.suppress(OSError):
                if path.stat().st_ino == status.st_ino:  # not another's, put there meanwhile
                    path.unlink()
            return None
        with contextlib.suppress(OSError):
            facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
            write_record(record, facts)
        return path

    def _touch(self, record: Path) -> None:
        with contextlib.suppress(OSError):
            if abs(time.time() - record.stat().st_mtime) > _LAST_USE_GRAIN:
                os.utime(record)

    def _in_overlays(self, file: RemoteFile, digest: str | None, check_hash: bool) -> Path | None:
        names = list(dict.fromkeys(filter(None, map(file_name, file.urls))))
        for overlay in self.overlays:
            path = None
            if (overlay / "blobs").is_dir():
                path = Store(overlay).find(file._replace(sha256=digest), check_hash=check_hash)
            if path is None and digest:
                path = find_in_folder(overlay, names, digest, file.size, self.root / "seen")
            if path is None and not check_hash and not digest:
                path = next((overlay / n for n in names if (overlay / n).is_file()), None)
            if path is not None:
                return path
        return None

    def _require_digest(self, file: RemoteFile, check_hash: bool) -> None:
        for url in file.urls:
            check_address(url, allow_file=file.allow_file, other_schemes=_by_hook)
        if check_hash and not file.digest and not self._trusted(file):
            raise MissingDigestError(
                f"Nothing to check {redact(file.urls[0])} against: the catalogue gives no SHA-256 "
                "and its name carries none. Pass check_hash=False to take it as it is, or import "
                "a file that you trust: hub cache import FILE --sha256 DIGEST"
            )

    def publish(self, data: Path, digest: str, name: str, source: str = "") -> Path:
        """Moves a verified file of the store's own file system to its final name, in one step.

        Where the file is already there, `data` stays where it is.
        """
        target = self.blob_path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        record = self.record_path(digest)
        sound = self._blob_if_sound(digest) is not None
        facts = read_record(record)
        if not sound:
            status = data.stat()
            facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
            data.replace(target)
        for key, value in (("names", name), ("sources", redact(source) if source else "")):
            if value and value not in facts.setdefault(key, []):
                facts[key].append(value)
        write_record(record, facts)
        return target

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turns what a folder that cannot be written raises into one clear error."""
        import errno

        try:
            self.root.mkdir(parents=True, exist_ok=True)
            yield
        except StoreError:
            raise
        except OSError as error:
            if error.errno not in {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}:
                raise
            raise StoreError(
                f"The store {self.root} cannot be written ({error.strerror}). Set HUBCORE_HOME "
                "to a folder of yours; HUBCORE_ROOTS may name this one, to be read."
            ) from error


def default_store() -> Store:
    """The user's store: ``HUBCORE_HOME``, with ``HUBCORE_ROOTS`` and torch.hub's checkpoints."""
    return Store(settings.home(), (*settings.roots(), settings.torch_hub_checkpoints()))


def _by_hook() -> bool:
    from .sources import may_be_fetched_by_hook

    return may_be_fetched_by_hook()
