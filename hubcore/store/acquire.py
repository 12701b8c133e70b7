"""Adds a missing file to the store: from this machine, or over the network."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from .. import settings
from ..digests import is_digest
from ..download import huggingface
from ..download.abandoned import is_worked_on
from ..download.addresses import file_name, identity, is_secure, redact, scheme
from ..download.fetch import Cancel, Source, fetch
from ..download.hashing import sha256_of
from ..download.impostors import impostor
from ..download.partial import Partial
from ..download.progress import Progress
from ..download.remote import RemoteFile
from ..download.sources import addresses_for
from ..errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    MissingDigestError,
    OfflineError,
)
from ..packages import hooks
from ..packages.schemes import web_address
from ..packages.shipped_files import shipped
from .contents import Contents
from .locks import one_at_a_time
from .ownership import make_private_folder
from .peers import asked_first
from .records import key_of
from .trust import FIRST_USE

__all__ = ["acquire"]

_log = logging.getLogger(__name__)

_LOCAL = {"package", "file"}
_WEB = {"http", "https"}


def acquire(
    store: Contents,
    file: RemoteFile,
    check_hash: bool,
    display: Progress,
    cancel: Cancel,
    connections: int | None = None,
) -> Path:
    """Adds a file to the store from the first place that has it.

    Args:
        store: the store.
        file: the file.
        check_hash: whether to verify its digest.
        display: the progress bar to update.
        cancel: stops the download when it is set.
        connections: the maximum number of connections; by default that of the settings.

    Returns:
        The file's path in the store.

    Raises:
        CancelledError: `cancel` was set.
        HubError: as for `Store.get`.
    """
    known = store.known_digest(file) if check_hash else ""
    if check_hash and not known and scheme(file.urls[0]) == "hf":
        file, known = _as_its_repository_states(store, file)
    # Some digits do not make a file from anywhere the right one. Its own address is believed.
    own_only = check_hash and not known
    places = (
        [Source(huggingface.web_address(file.urls[0]), file.urls[0])]
        if own_only
        else [
            *(Source(url, file.urls[0]) for url in _in_roots(file, known)),
            *(Source(url, original) for original in file.urls for url in addresses_for(original)),
        ]
    )
    expected = known or ((file.digest or "") if check_hash else "")
    path = _from_this_machine(store, file, places, expected, check_hash)
    if path is not None:
        return path
    remote = [place for place in places if scheme(place.url) not in _LOCAL]
    if not remote:
        raise DownloadError(_missing(store, file, own_only, "no installed package ships it"))
    if settings.offline():
        raise OfflineError(_missing(store, file, own_only, "HUBCORE_OFFLINE is set"))
    if own_only and not _is_secure(file.urls[0]):
        raise MissingDigestError(
            f"Only the first {len(expected)} digits of the SHA-256 of {redact(file.urls[0])} are "
            "published, which can be forged, and the address is not https, so nothing says who "
            "answers. If you know all of the digest: hub cache pin NAME DIGEST"
        )
    # What mirrors served must not become part of a file that only its own address may serve.
    kind = "own" if own_only else "any"
    key = known or f"{kind}-{key_of(identity(file.urls[0]))[:40]}"
    partials = store.root / "partial"

    def arrived() -> Path | None:
        cancel.check()
        return store.find(file, check_hash=check_hash)

    with (
        store.writing(),
        one_at_a_time(
            store.root / "locks" / f"{key}.lock",
            done=lambda: arrived() is not None,
            progress=lambda: _states(partials, key),
            alive=lambda: is_worked_on(partials, key),
        ),
    ):
        path = arrived()
        if path is not None:
            return path
        make_private_folder(partials)
        partial = Partial.claim(partials, key)
        try:
            found: list[tuple[str, str]] = []

            def fetch_from(sources: list[Source]) -> bool:
                found.append(
                    _fetched(partial, sources, file, expected, display, cancel, connections)
                )
                return True

            def follow(sources: list[Source]) -> bool:
                with contextlib.suppress(DownloadError):  # who was fetching it failed, or is gone
                    return fetch_from(sources)
                return False

            # Never by a prefix: it would make what a peer sends acceptable that is not the file.
            with asked_first(store, known, remote[0].original, cancel, partial, follow) as peers:
                if not found:
                    fetch_from([*peers, *remote])
                digest, original = found[0]
                path = store.publish(partial.data, digest, file.name, original)
                _note(store, file, original, digest, own_only, check_hash)
                partial.discard()
            return path
        except DigestMismatchError as error:
            partial.discard()
            if known and not is_digest(file.digest or ""):
                raise ChangedUpstreamError(
                    error.source,
                    known,
                    error.actual,
                    "The file has changed since its digest was pinned. If its publisher confirms "
                    f"that: hub cache forget {redact(file.urls[0])}",
                ) from error
            raise
        except OSError:
            # Another host's process may have taken over what this one slept on, and finished.
            path = arrived() if partial.is_lost else None
            if path is None:
                raise
            return path
        finally:
            partial.release()


def _is_secure(url: str) -> bool:
    """Whether nobody between can change what an address serves, wherever it is on the web."""
    place = None if scheme(url) in _WEB | _LOCAL | {"hf"} else web_address(url)
    return is_secure(place.url if place else url)


def _in_roots(file: RemoteFile, digest: str) -> list[str]:
    """Where a file with this full digest may be in the roots that are addresses.

    They are laid out as folders are: as a store, or with the files under their published names.
    """
    if not digest:
        return []
    names = list(dict.fromkeys(filter(None, map(file_name, file.urls))))
    return [
        f"{root.rstrip('/')}/{place}"
        for root in settings.root_addresses()
        for place in (
            f"blobs/{digest[:2]}/{digest}",
            *(quote(name) if scheme(root) in _WEB else name for name in names),
        )
    ]


def _as_its_repository_states(store: Contents, file: RemoteFile) -> tuple[RemoteFile, str]:
    """The file with the size that its repository states, and the digest, which is pinned."""
    url = file.urls[0]
    if settings.offline():
        raise OfflineError(
            f"HUBCORE_OFFLINE is set, and the SHA-256 of {redact(url)} is not known here. Run "
            "'hub download' once with a network connection; or, if you know it: hub cache pin NAME "
            "DIGEST"
        )
    found = huggingface.stated(url)
    if not found.sha256.startswith(file.digest or ""):
        raise DigestMismatchError(redact(url), file.digest or "", found.sha256)
    store.pin(url, found.sha256, FIRST_USE)
    return file._replace(size=file.size or found.size), found.sha256


def _fetched(
    partial: Partial,
    sources: list[Source],
    file: RemoteFile,
    expected: str,
    display: Progress,
    cancel: Cancel,
    connections: int | None,
) -> tuple[str, str]:
    """Fills the partial; returns the file's digest, and the address in the catalogue it is of."""

    def from_the_web(sources: list[Source]) -> tuple[str, str]:
        digest, source = fetch(
            partial,
            sources,
            expected=expected,
            size=file.size,
            about=file.about,
            report=display.gained,
            found_size=lambda size: display.expect(file, size),
            cancel=cancel,
            connections=connections,
        )
        return digest, source.original

    others = [source for source in sources if scheme(source.url) not in _WEB | _LOCAL]
    if others and hooks.fetches():
        peers = [source for source in sources if source.peer]
        if peers:
            with contextlib.suppress(DownloadError):  # then the hook fetches it
                return from_the_web(peers)
            sources = [source for source in sources if not source.peer]
        for url, original, _ in others:
            if hooks.fetch(url, partial.data):
                return _digest_of_fetched(partial.data, url, expected), original
    return from_the_web(sources)


def _digest_of_fetched(path: Path, url: str, expected: str) -> str:
    """The digest of what a hook fetched, if it is what was wanted."""
    digest = sha256_of(path)
    if expected and digest.startswith(expected):
        return digest
    instead = impostor(path, url)
    if expected:
        advice = f"What arrived is {instead}." if instead else ""
        raise DigestMismatchError(redact(url), expected, digest, advice)
    if instead:
        raise DownloadError(
            f"{redact(url)} gave {instead}. It was not kept. See what the package that fetches "
            f"'{scheme(url)}:' addresses needs: a login, or another address"
        )
    return digest


def _note(
    store: Contents, file: RemoteFile, original: str, digest: str, own_only: bool, check_hash: bool
) -> None:
    """Notes what was learned of the address."""
    if not check_hash:
        store.note_unchecked(original, digest)
    elif own_only:
        store.pin(file.urls[0], digest, FIRST_USE)
        _log.info(
            "Only %d digits of the SHA-256 of %s are published: pinned on first use, %s",
            len(file.digest or ""),
            redact(file.urls[0]),
            digest,
        )


def _from_this_machine(
    store: Contents, file: RemoteFile, places: list[Source], expected: str, check_hash: bool
) -> Path | None:
    """Adds the file from an installed distribution, or from a ``file:`` address of the user's.

    Configured mirrors may have such addresses too.
    """
    wrong: DigestMismatchError | None = None
    for address, original, _ in places:
        try:
            with _local(address, file) as path:
                if path is None or not path.is_file():
                    continue
                path = store.add(path, sha256=expected or None, name=file.name, source=original)
        except DigestMismatchError as error:
            _log.warning("%s", error)
            wrong = error
        else:
            known = bool(expected) and is_digest(expected)
            _note(store, file, original, path.name, check_hash and not known, check_hash)
            return path
    if wrong is not None and all(scheme(url) in _LOCAL for url in file.urls):
        raise wrong
    return None


def _local(address: str, file: RemoteFile) -> contextlib.AbstractContextManager[Path | None]:
    """The file of this machine that an address means, if it means one."""
    if scheme(address) == "package":
        return shipped(address, file.size or settings.max_size())
    if scheme(address) == "file":
        return contextlib.nullcontext(Path(url2pathname(urlsplit(address).path)))
    return contextlib.nullcontext()


def _missing(store: Contents, file: RemoteFile, own_only: bool, why: str) -> str:
    """The message for a file that cannot be fetched: why, and how to get it nevertheless."""
    places = "".join(f"\n  {redact(url)}" for url in file.urls)
    message = f"{file.name or 'The file'} is not in {store.root}, and {why}. "
    if own_only:
        copy = store.copy_by_name(file)
        found = f" (such as {copy})" if copy else ""
        message += (
            f"Only the first {len(file.digest or '')} digits of its SHA-256 are published, which "
            f"can be forged, so copies in folders, mirrors and bundles{found} are not used by "
            "themselves. Run 'hub download' once with a network connection. Or, where you trust a "
            f"copy: hub cache import {copy or 'FILE'} --sha256 DIGEST, with all of its digits; or "
            "make a bundle with 'hub bundle create', and here: hub bundle import --trust."
        )
    else:
        message += (
            "Run 'hub download' with a network connection; or run 'hub bundle create' on a machine "
            "that has one and 'hub bundle import' here; or fetch the file by other means and run "
            "'hub cache import FILE'."
        )
    return f"{message} Its addresses:{places}"


def _states(folder: Path, key: str) -> list[tuple[str, int, int]]:
    """Sizes and times of the file's partials, by which other processes' progress is noticed."""
    with contextlib.suppress(OSError):
        return sorted(
            (path.name, status.st_size, status.st_mtime_ns)
            for path in folder.iterdir()
            if path.name.partition(".")[0] == key
            for status in [(path / "data").stat()]
        )
    return []
