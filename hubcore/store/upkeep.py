"""Maintenance of a store: verifies its files, and removes those that are not needed.

Other processes may read and write the store meanwhile: files under their final names are added and
removed, but never changed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..download.abandoned import Interrupted, interrupted, remove_free
from ..download.hashing import sha256_of
from ..download.remote import RemoteFile
from ..errors import HubError
from ..packages.versions import installed_version
from .content_store import Entry, Store
from .ownership import is_planted
from .records import read_record, scan_folder, scan_shards

__all__ = [
    "Removal",
    "Verdict",
    "interrupted_downloads",
    "plan_removal",
    "removal_of",
    "removal_of_partial",
    "remove",
    "verify",
]

_LEFT_OVER = 3600.0  # seconds after which a temporary file is taken for abandoned


class Verdict(NamedTuple):
    """The result of `verify` for one file.

    Attributes:
        entry: the file.
        state: ``ok``, ``repaired`` (it was damaged, and was downloaded again; or a file made from
            it was, and is made anew when it is needed), ``damaged`` (it was removed, and could not
            be downloaded again) or ``unreadable`` (it was left alone).
        detail: why it could not be read, or not be downloaded again, or what was repaired if it was
            not the file itself; "" otherwise.
    """

    entry: Entry
    state: str
    detail: str = ""


class Removal(NamedTuple):
    """Something that can be removed.

    Attributes:
        what: the file's names, or a description.
        reason: ``old``, ``over the size``, ``unused``, ``named``, ``outdated``,
            ``partial`` or ``left over``.
        size: the bytes that removing it frees.
        paths: what to remove, in this order.
    """

    what: str
    reason: str
    size: int
    paths: tuple[Path, ...]


def verify(
    store: Store,
    entries: Iterable[Entry],
    known: Callable[[Entry], RemoteFile | None] = lambda entry: None,
    on_bytes: Callable[[int], object] = lambda count: None,
) -> Iterator[Verdict]:
    """Hashes files of the store again, and downloads damaged ones again.

    Args:
        store: the store.
        entries: its files to verify.
        known: tells where to download a file, besides the addresses in its record, or None.
        on_bytes: called with the number of bytes hashed since the last call.

    Yields:
        The result for each file, except for those removed meanwhile; before it, a result for each
        file made from it that is damaged or cannot be read.

    Raises:
        StoreError: a damaged file cannot be removed.
    """
    for entry in entries:
        yield from _verify_derived(store, entry, on_bytes)
        try:
            actual = sha256_of(entry.path, on_bytes)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError as error:
            yield Verdict(entry, "unreadable", _unreadable(entry.path, error))
            continue
        if actual == entry.sha256:
            yield Verdict(entry, "ok")
            continue
        with store.writing():
            entry.path.unlink(missing_ok=True)
        file = known(entry)
        urls = (*(file.urls if file else ()), *entry.sources)
        # Only the user can have imported a file from a `file:` source.
        again = RemoteFile(tuple(dict.fromkeys(urls)), entry.sha256, entry.size, allow_file=True)
        if not urls:
            yield Verdict(entry, "damaged", "its source is unknown: import it again")
            continue
        try:
            store.get(again, progress=False)
        except HubError as error:
            yield Verdict(entry, "damaged", str(error))
        else:
            yield Verdict(entry, "repaired")


def _verify_derived(
    store: Store, entry: Entry, on_bytes: Callable[[int], object]
) -> Iterator[Verdict]:
    """Removes damaged files that were made from a file; they are made anew when they are needed."""
    for path in entry.derived:
        try:
            actual = sha256_of(path, on_bytes)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Verdict(entry, "unreadable", _unreadable(path, error))
            continue
        if actual != read_record(path.with_name(f"{path.name}.json")).get("sha256"):
            with store.writing():
                path.unlink(missing_ok=True)
            yield Verdict(entry, "repaired", "its converted copy was damaged, and is removed")


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path} cannot be read ({error.strerror}), and is left alone"


def plan_removal(
    store: Store,
    *,
    older_than: float | None = None,
    max_size: int | None = None,
    unused: Collection[str] | None = None,
    partials: bool = True,
) -> list[Removal]:
    """Decides what to remove, without removing it.

    Args:
        store: the store.
        older_than: files that were not used for more than this many seconds.
        max_size: the least recently used files, until the others have at most this many bytes.
        unused: all files but those whose digests are in this collection.
        partials: also interrupted downloads, what crashed processes left behind, and files made by
            another version of a package than the installed one.
    """
    now = time.time()
    plan = []
    kept = []
    # A last use in the future, by a wrong clock, counts as now.
    for entry in sorted(store.entries(), key=lambda entry: min(entry.last_use, now)):
        if older_than is not None and now - entry.last_use > older_than:
            plan.append(removal_of(store, entry, "old"))
        elif unused is not None and entry.sha256 not in unused:
            plan.append(removal_of(store, entry, "unused"))
        else:
            kept.append(entry)
    if max_size is not None:
        total = sum(_size(entry) for entry in kept)
        for entry in kept:
            if total <= max_size:
                break
            total -= _size(entry)
            plan.append(removal_of(store, entry, "over the size"))
    if partials:
        for partial in interrupted_downloads(store):
            plan.append(removal_of_partial(partial))
        gone = {removal.paths[0] for removal in plan}
        for entry in kept:
            if entry.path not in gone:
                plan += _outdated(entry)
        plan += _left_over(store, now)
    return plan


def remove(plan: Iterable[Removal]) -> int:
    """Removes what `plan_removal` returned.

    Returns:
        The number of bytes freed.

    Raises:
        OSError: something cannot be removed.
    """
    freed = 0
    for removal in plan:
        for path in removal.paths:
            with contextlib.suppress(FileNotFoundError):
                if path.is_dir() and not path.is_symlink():
                    remove_free(path)
                else:
                    path.unlink()
        freed += removal.size
    return freed


def interrupted_downloads(store: Store) -> list[Interrupted]:
    """The partial downloads of a store that no process works on."""
    folder = store.root / "partial"
    return [] if is_planted(folder) else interrupted(folder)


def removal_of_partial(partial: Interrupted) -> Removal:
    """What is removed with an interrupted download."""
    return Removal("an interrupted download", "partial", partial.size, (partial.folder,))


def removal_of(store: Store, entry: Entry, reason: str) -> Removal:
    """What is removed with a file: its record, and what was made from it."""
    what = ", ".join(entry.names) or entry.sha256
    record = store.record_path(entry.sha256)
    made = [file for path in entry.derived for file in (path, path.with_name(f"{path.name}.json"))]
    return Removal(what, reason, _size(entry), (entry.path, *made, record))


def _size(entry: Entry) -> int:
    size = entry.size
    for path in entry.derived:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return size


def _outdated(entry: Entry) -> Iterator[Removal]:
    """What another version of a package made of a file than the one that is installed.

    Where none is installed, as on a machine without torch, such files are still of use.
    """
    for path in entry.derived:
        record = path.with_name(f"{path.name}.json")
        name, _, version = str(read_record(record).get("made_by", "")).partition("==")
        if name and installed_version(name) not in (None, version):
            with contextlib.suppress(OSError):
                yield Removal(path.name, "outdated", path.stat().st_size, (path, record))


def _left_over(store: Store, now: float) -> Iterator[Removal]:
    """Temporary files of crashed processes, and records and derived files whose file is gone."""
    for name in ("blobs", "derived", "urls", "seen", "partial"):
        scan = scan_folder if name in ("seen", "partial") else scan_shards
        for item in scan(store.root / name):
            with contextlib.suppress(OSError):
                status = item.stat(follow_symlinks=False)
                temporary = item.name.startswith(".")
                orphan = name in ("blobs", "derived") and not (
                    store.blob_path(item.name[:64]).exists()
                )
                old = now - status.st_mtime > _LEFT_OVER
                if not item.is_dir(follow_symlinks=False) and (temporary or orphan) and old:
                    yield Removal(item.name, "left over", status.st_size, (Path(item.path),))
                elif item.name.startswith(".removed-"):
                    yield Removal(item.name, "left over", 0, (Path(item.path),))
