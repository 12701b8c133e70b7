"""Keeping a store in order: verify what is there, remove what is not needed.

Both work on a store that other processes read and write meanwhile: files under their final names
never change, only come and go.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..download.hashing import sha256_of
from ..download.partial import abandoned, remove_free
from ..download.remote import RemoteFile
from ..errors import HubError
from .content_store import Entry, Store

__all__ = ["Removal", "Verdict", "plan_removal", "remove", "verify"]

_LEFT_OVER = 3600.0  # seconds after which a temporary file is nobody's any more


class Verdict(NamedTuple):
    """What `verify` found.

    Attributes:
        state: ``ok``, ``repaired`` (it was damaged and was fetched anew) or ``damaged`` (it was
            removed, and could not be had again).
        detail: why it could not.
    """

    entry: Entry
    state: str
    detail: str = ""


class Removal(NamedTuple):
    """Something that can be removed.

    Attributes:
        what: the names under which it is known, or what it is.
        reason: ``old``, ``over the size``, ``unused``, ``partial`` or ``left over``.
        paths: in the order in which to remove them.
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
    """Hashes files of the store anew, and fetches damaged ones again.

    Args:
        known: tells where to fetch a file, besides the addresses noted with it.
        on_bytes: called with the number of bytes hashed.
    """
    for entry in entries:
        try:
            actual = sha256_of(entry.path, on_bytes)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError as error:
            actual = str(error.strerror)
        if actual == entry.sha256:
            yield Verdict(entry, "ok")
            continue
        with contextlib.suppress(FileNotFoundError), store.writing():
            entry.path.unlink()
        file = known(entry)
        urls = (*(file.urls if file else ()), *entry.sources)
        # A `file:` source is one that the user imported.
        again = RemoteFile(tuple(dict.fromkeys(urls)), entry.sha256, entry.size, allow_file=True)
        if not urls:
            yield Verdict(entry, "damaged", "its source is not known; import it again")
            continue
        try:
            store.get(again, progress=False)
        except HubError as error:
            yield Verdict(entry, "damaged", str(error))
        else:
            yield Verdict(entry, "repaired")


def plan_removal(
    store: Store,
    *,
    older_than: float | None = None,
    max_size: int | None = None,
    unused: Collection[str] | None = None,
    partials: bool = True,
) -> list[Removal]:
    """What to remove, without removing it.

    Args:
        older_than: files not used for so many seconds.
        max_size: the longest unused files beyond this many bytes in all.
        unused: the digests that are in use; all others may go.
        partials: also downloads broken off, and what crashed processes left.
    """
    now = time.time()
    plan = []
    kept = []
    # A last use in the future (a clock was wrong) counts as one just now.
    for entry in sorted(store.entries(), key=lambda entry: min(entry.last_use, now)):
        if older_than is not None and now - entry.last_use > older_than:
            plan.append(_of_entry(store, entry, "old"))
        elif unused is not None and entry.sha256 not in unused:
            plan.append(_of_entry(store, entry, "unused"))
        else:
            kept.append(entry)
    if max_size is not None:
        total = sum(_size(entry) for entry in kept)
        for entry in kept:
            if total <= max_size:
                break
            total -= _size(entry)
            plan.append(_of_entry(store, entry, "over the size"))
    if partials:
        for folder, size in abandoned(store.root / "partial"):
            plan.append(Removal("a download broken off", "partial", size, (folder,)))
        plan += _left_over(store, now)
    return plan


def remove(plan: Iterable[Removal]) -> int:
    """Removes what was planned, and returns how many bytes that freed."""
    freed = 0
    for removal in plan:
        for path in removal.paths:
            with contextlib.suppress(FileNotFoundError):
                if path.is_dir():
                    remove_free(path)
                else:
                    path.unlink()
        freed += removal.size
    return freed


def _of_entry(store: Store, entry: Entry, reason: str) -> Removal:
    what = ", ".join(entry.names) or entry.sha256
    record = store.record_path(entry.sha256)
    return Removal(what, reason, _size(entry), (entry.path, *entry.derived, record))


def _size(entry: Entry) -> int:
    size = entry.size
    for path in entry.derived:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return size


def _left_over(store: Store, now: float) -> Iterator[Removal]:
    """Temporary files of processes that crashed, and records and derived files of no file."""
    for folder in ("blobs/*", "derived/*", "urls/*", "seen", "partial"):
        for path in store.root.glob(f"{folder}/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                temporary = path.name.startswith(".")
                orphan = folder in {"blobs/*", "derived/*"} and not (
                    store.blob_path(path.name[:64]).exists()
                )
                if path.is_file() and (temporary or orphan) and now - status.st_mtime > _LEFT_OVER:
                    yield Removal(path.name, "left over", status.st_size, (path,))
                elif path.name.startswith(".removed-"):
                    yield Removal(path.name, "left over", 0, (path,))
