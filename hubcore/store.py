"""The store: verified files by their digest, fetched when they are missing.

A file that is here costs no network, no lock and no second hash. What a folder holds::

    blobs/ab/abcd...        a file under its full SHA-256, complete and verified
    blobs/ab/abcd....json   its size and time when verified, its names and sources;
                            this record's own time is the file's last use
    urls/12/1234....json    the digest first seen at an address, trusted from then on
    seen/                   digests of files in overlays, so that they are hashed once
    derived/ab/abcd...-KIND what was made from a blob
    partial/, locks/        downloads under way
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import settings
from .addresses import check_address, digest_in_name, file_name, identity, redact, scheme
from .hashing import sha256_of
from .store_errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    MissingDigestError,
    OfflineError,
    StoreError,
)

if TYPE_CHECKING:
    from .http import Cancel
    from .progress import Progress

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]

_log = logging.getLogger(__name__)

_HEX = frozenset("0123456789abcdef")
_LAST_USE_GRAIN = 3600.0  # seconds; a file used all day is not written to all day


class RemoteFile(NamedTuple):
    """A file that can be had from somewhere.

    Attributes:
        urls: the canonical address, then mirrors, in the order to try them. ``https:``, ``http:``
            or ``package:DISTRIBUTION/path/inside/it`` for a file of an installed distribution.
        sha256: the full digest, or a prefix of at least 8 hexadecimal digits. None: what the
            name carries (``-<hash>`` or ``_<hash>`` before the extension), if it does.
        size: bytes, where known exactly.
        allow_file: whether ``file:`` addresses are allowed, because a user wrote them.
    """

    urls: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None
    allow_file: bool = False

    @property
    def name(self) -> str:
        """The file's own name, or '' where no address has a safe one."""
        return next((name for url in self.urls if (name := file_name(url))), "")

    @property
    def digest(self) -> str | None:
        """The digest or prefix to check against, in lower case."""
        if self.sha256:
            digest = self.sha256.lower()
            if not 8 <= len(digest) <= 64 or not _HEX.issuperset(digest):
                raise MissingDigestError(
                    f"'{self.sha256}' is no SHA-256 nor a prefix of 8 digits or more "
                    f"({redact(self.urls[0])})."
                )
            return digest
        return next((found for url in self.urls if (found := digest_in_name(url))), None)


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
        return self._in_overlays(file, digest)

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
        from .http import Cancel
        from .progress import Progress

        display = Progress(file.name or "download", shown=progress)
        try:
            return self._obtain(file, check_hash, display, Cancel())
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

        from .http import Cancel
        from .progress import Progress

        display = Progress(f"{len(files)} files", shown=progress)
        cancel = Cancel()

        def one(file: RemoteFile) -> Path | Exception:
            try:
                self._require_digest(file, check_hash)
                found = self.find(file, check_hash=check_hash)
                return found or self._obtain(file, check_hash, display, cancel)
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
        with self._writing():
            folder = self.root / "partial"
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".add-{secrets.token_hex(8)}"
            try:
                digest = _copy_hashed(path, temporary)
                if sha256 and not digest.startswith(sha256.lower()):
                    raise DigestMismatchError(path, sha256.lower(), digest)
                return self._publish(
                    digest, temporary.replace, temporary, name or path.name, source
                )
            finally:
                temporary.unlink(missing_ok=True)

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
        with self._writing():
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
        for item in _scan(self.root / "derived"):
            derived.setdefault(item.name[:64], []).append(Path(item.path))
        for item in _scan(self.root / "blobs"):
            if not _is_digest(item.name):
                continue
            try:
                size = item.stat().st_size
            except OSError:
                continue  # removed meanwhile
            record = self._record_path(item.name)
            facts = _read(record)
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

    def _record_path(self, digest: str) -> Path:
        return self.root / "blobs" / digest[:2] / f"{digest}.json"

    def _url_path(self, url: str) -> Path:
        key = hashlib.sha256(identity(url).encode()).hexdigest()
        return self.root / "urls" / key[:2] / f"{key}.json"

    def _trusted(self, file: RemoteFile) -> str | None:
        """The full digest first seen at one of the addresses."""
        for url in file.urls:
            digest = _read(self._url_path(url)).get("sha256")
            if isinstance(digest, str) and _is_digest(digest):
                return digest
        return None

    def _matching(self, digest: str) -> list[str]:
        """The digests in the store that begin so; none where the prefix does not decide."""
        if len(digest) == 64:
            return [digest]
        try:
            # Not Path.iterdir: names are all that is needed, and there may be thousands.
            names = os.listdir(self.root / "blobs" / digest[:2])  # noqa: PTH208
        except OSError:
            return []
        found = [name for name in names if name.startswith(digest) and _is_digest(name)]
        return found if len(found) == 1 else []

    def _blob_if_sound(self, digest: str) -> Path | None:
        """The blob, if it still is what was verified; hashed again only if it was touched."""
        path = self.blob_path(digest)
        try:
            status = path.stat()
        except OSError:
            return None
        record = self._record_path(digest)
        facts = _read(record)
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
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
            _write(record, facts)
        return path

    def _touch(self, record: Path) -> None:
        with contextlib.suppress(OSError):
            if abs(time.time() - record.stat().st_mtime) > _LAST_USE_GRAIN:
                os.utime(record)

    def _in_overlays(self, file: RemoteFile, digest: str | None) -> Path | None:
        for overlay in self.overlays:
            if (overlay / "blobs").is_dir():
                path = Store(overlay).find(file._replace(sha256=digest))
                if path:
                    return path
            if not digest:
                continue
            for name in dict.fromkeys(filter(None, map(file_name, file.urls))):
                path = overlay / name
                if self._digest_of(path, file.size).startswith(digest):
                    return path
        return None

    def _digest_of(self, path: Path, size: int | None) -> str:
        """The digest of a file in an overlay, '' if there is none; hashed when it changed."""
        try:
            status = path.stat()
            if not path.is_file() or (size is not None and status.st_size != size):
                return ""
            key = hashlib.sha256(str(path.absolute()).encode()).hexdigest()
            memory = self.root / "seen" / f"{key}.json"
            facts = _read(memory)
            if facts.get("size") == status.st_size and facts.get("mtime_ns") == status.st_mtime_ns:
                return str(facts.get("sha256", ""))
            digest = sha256_of(path)
        except OSError:
            return ""
        with contextlib.suppress(OSError):
            _write(
                memory,
                {
                    "path": str(path),
                    "size": status.st_size,
                    "mtime_ns": status.st_mtime_ns,
                    "sha256": digest,
                },
            )
        return digest

    def _require_digest(self, file: RemoteFile, check_hash: bool) -> None:
        for url in file.urls:
            check_address(url, allow_file=file.allow_file)
        if check_hash and not file.digest and not self._trusted(file):
            raise MissingDigestError(
                f"Nothing to check {redact(file.urls[0])} against: the catalogue gives no SHA-256 "
                "and its name carries none. Pass check_hash=False to take it as it is, or import "
                "a file that you trust: hub cache import FILE --sha256 DIGEST"
            )

    def _obtain(
        self,
        file: RemoteFile,
        check_hash: bool,
        display: Progress,
        cancel: Cancel,
    ) -> Path:
        """Brings a missing file into the store."""
        for url in file.urls:
            path = self._local(url, file, check_hash)
            if path is not None:
                return path
        web = [url for url in file.urls if scheme(url) in {"http", "https"}]
        if settings.offline():
            raise OfflineError(self._how_to_get(file, "HUBCORE_OFFLINE is set"))
        if not web:
            raise DownloadError(self._how_to_get(file, "no package that ships it is installed"))
        from .fetch import Source, fetch
        from .locks import one_at_a_time
        from .partial import Partial

        expected = (file.digest or "") if check_hash else ""
        trusted = self._trusted(file) if check_hash else None
        if not expected and trusted:
            expected = trusted
        key = expected or "url-" + hashlib.sha256(identity(web[0]).encode()).hexdigest()[:40]
        sources = [Source(url, original) for original in web for url in _mirrored(original)]

        def arrived() -> bool:
            cancel.check()
            return self.find(file, check_hash=check_hash) is not None

        with self._writing():
            (self.root / "locks").mkdir(parents=True, exist_ok=True)
            partials = self.root / "partial"
            with one_at_a_time(
                self.root / "locks" / f"{key}.lock",
                done=arrived,
                progress=lambda: _sizes(partials, key),
            ):
                path = self.find(file, check_hash=check_hash)
                if path is not None:
                    return path
                partial = Partial.claim(partials, key)
                try:
                    digest, source = fetch(
                        partial,
                        sources,
                        expected=expected,
                        size=file.size if check_hash else None,
                        report=display.gained,
                        found_size=lambda size: display.expect(file, size),
                        cancel=cancel,
                    )
                    if trusted and trusted.startswith(expected) and digest != trusted:
                        raise ChangedUpstreamError(
                            redact(source.url),
                            trusted,
                            digest,
                            "The file changed since it was first fetched. If its publisher says "
                            f"so too: hub cache forget {redact(source.original)}",
                        )
                    path = self._publish(
                        digest, partial.publish, partial.data, file.name, source.original
                    )
                except DigestMismatchError:
                    partial.discard()
                    raise
                finally:
                    partial.release()
                _write(
                    self._url_path(source.original),
                    {"url": redact(source.original), "sha256": digest},
                )
                return path

    def _local(self, url: str, file: RemoteFile, check_hash: bool) -> Path | None:
        """Takes a file from this machine into the store, where an address names one."""
        if scheme(url) == "package":
            from .packaged import locate

            path = locate(url)
        elif scheme(url) == "file":
            from urllib.parse import urlsplit
            from urllib.request import url2pathname

            path = Path(url2pathname(urlsplit(url).path))
        else:
            return None
        if path is None or not path.is_file():
            return None
        digest = file.digest if check_hash else None
        return self.add(path, sha256=digest, name=file.name, source=url)

    def _publish(
        self,
        digest: str,
        move: Callable[[Path], object],
        data: Path,
        name: str,
        source: str,
    ) -> Path:
        """Gives a verified file its final name, and notes what is known of it."""
        target = self.blob_path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        record = self._record_path(digest)
        facts = _read(record)
        if self._blob_if_sound(digest) is None:
            status = data.stat()
            facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
            move(target)
        for key, value in (("names", name), ("sources", redact(source) if source else "")):
            if value and value not in facts.setdefault(key, []):
                facts[key].append(value)
        _write(record, facts)
        return target

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
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

    def _how_to_get(self, file: RemoteFile, why: str) -> str:
        places = "".join(f"\n  {redact(url)}" for url in file.urls)
        return (
            f"{file.name or 'The file'} is not in {self.root}, and {why}. On a machine with a "
            "connection: 'hub download' it, or 'hub bundle create' and here 'hub bundle import'; "
            f"or fetch it by other means and 'hub cache import FILE'. It is found at:{places}"
        )


def default_store() -> Store:
    """The user's store: ``HUBCORE_HOME``, with ``HUBCORE_ROOTS`` and torch.hub's checkpoints."""
    return Store(settings.home(), (*settings.roots(), settings.torch_hub_checkpoints()))


def _mirrored(url: str) -> list[str]:
    """The address as the configured mirrors have it, then itself."""
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    return list(dict.fromkeys([*rewritten, url]))


def _copy_hashed(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(256 * 1024):
            digest.update(chunk)
            writer.write(chunk)
    return digest.hexdigest()


def _sizes(folder: Path, key: str) -> list[tuple[str, int]]:
    with contextlib.suppress(OSError):
        return sorted(
            (path.name, (path / "data").stat().st_size)
            for path in folder.iterdir()
            if path.name.partition(".")[0] == key
        )
    return []


def _is_digest(name: str) -> bool:
    return len(name) == 64 and _HEX.issuperset(name)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files in the shards of a folder."""
    with contextlib.suppress(OSError), os.scandir(folder) as shards:
        for shard in shards:
            with contextlib.suppress(OSError), os.scandir(shard.path) as files:
                yield from files


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        temporary.write_text(json.dumps(facts), "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
