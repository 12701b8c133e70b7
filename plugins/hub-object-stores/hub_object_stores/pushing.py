"""Puts a lock file's files into a mirror, so that a site can fetch them from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hubcore.errors import HubError, UnknownNameError
from hubcore.store import RemoteFile, default_store
from hubcore.weights.enums import canonical_name
from hubcore.weights.lockfile import LockError, check_lock, from_entry, read_lock
from hubcore.weights.lookup import get_weight

from .addresses import BucketError
from .mirror import Spot, spot_of
from .targets import Target, target_of

__all__ = ["Push", "Pushed", "push"]

_PIECE = 1024 * 1024  # bytes


class Pushed(NamedTuple):
    """What became of one file.

    Attributes:
        weights: the canonical name of the weights.
        name: the file's published name.
        size: its size in bytes, or None where it is not known.
        state: ``pushed``, ``there already``, ``to push`` (in a dry run), ``left out`` or
            ``failed``.
        reason: why it was left out, or failed; else "".
    """

    weights: str
    name: str
    size: int | None
    state: str
    reason: str = ""


class Push(NamedTuple):
    """What `push` did.

    Attributes:
        files: what became of each file.
        mirrors: the ``mirrors`` setting with which the target serves: pairs of prefix and
            replacement.
    """

    files: list[Pushed]
    mirrors: dict[str, str]


def push(
    target: str,
    lock: Path,
    *,
    dry_run: bool = False,
    replace: bool = False,
    progress: bool = True,
    on_bytes: Callable[[int], object] = lambda count: None,
) -> Push:
    """Puts the files of a lock file into a mirror: a bucket, or a folder.

    Those that are not in the store are fetched first. Each is hashed once more while it is sent,
    and appears in the mirror whole and right or not at all; what is there already is not sent
    again.

    Args:
        target: ``s3://BUCKET/PATH``, the same with ``gs:`` or ``az:``, or a folder.
        lock: the lock file. Its weights must be as it says.
        dry_run: look what would be done, and send nothing.
        replace: replace other bytes that are in a file's place.
        progress: show progress while files are fetched.
        on_bytes: called with the number of bytes sent since the last call.

    Raises:
        LockError: the lock file cannot be read, or weights differ from it.
        BucketError: the target cannot be used at all.
        OfflineError: it is a bucket, and ``HUBCORE_OFFLINE`` is set.
        LicenseError: your rules for licences refuse weights of the lock file.
    """
    files = _files_of(lock)
    for _, file in files:
        file.require_permit()
    place = target_of(target)
    place.check()
    store = default_store()
    spots = [spot_of(file.urls[0]) for _, file in files]
    paths: Sequence[Path | Exception | None]
    if dry_run:
        paths = [store.held(file) for _, file in files]
    else:
        wanted = [file for (_, file), spot in zip(files, spots, strict=True) if not spot.reason]
        got = iter(store.get_many(wanted, progress=progress))
        paths = [None if spot.reason else next(got) for spot in spots]
    done: dict[str, Pushed] = {}
    results, mirrors = [], {}
    for (name, file), spot, path in zip(files, spots, paths, strict=True):
        seen = done.get(spot.key)
        if seen is not None and not spot.reason:  # weights that share a file
            results.append(seen._replace(weights=name))
            continue
        result = _pushed(place, name, file, spot, path, dry_run, replace, on_bytes)
        results.append(result)
        done[spot.key] = result
        if result.state in ("pushed", "there already", "to push"):
            mirrors[spot.prefix] = place.replacement(spot)
    return Push(results, mirrors)


def _files_of(path: Path) -> list[tuple[str, RemoteFile]]:
    """The files of a lock file, with the names of their weights."""
    lock = read_lock(path)
    found, differences = [], []
    for name in lock.weights:
        try:
            member = get_weight(name)
        except UnknownNameError as error:
            raise LockError(f"{path}: no installed package offers {name}. {error}") from None
        weights = member.value
        differences += check_lock(lock, canonical_name(member), weights)
        files = (from_entry(lock.weights[name], weights.file), *weights.files[1:])
        found += [(name, file) for file in files]
    if differences:
        raise LockError(
            f"The weights differ from {path}: {'; '.join(dict.fromkeys(differences))}. To lock "
            f"them again: hub sync {path}"
        )
    return found


def _pushed(
    place: Target,
    name: str,
    file: RemoteFile,
    spot: Spot,
    path: Path | Exception | None,
    dry_run: bool,
    replace: bool,
    on_bytes: Callable[[int], object],
) -> Pushed:
    """Puts one file into the mirror, and says what became of it."""
    size = path.stat().st_size if isinstance(path, Path) else file.size
    result = Pushed(name, file.name, size, "failed")
    digest = file.digest or ""
    if spot.reason:
        return result._replace(state="left out", reason=spot.reason)
    if isinstance(path, Exception):
        return result._replace(reason=str(path))
    try:
        there = place.has(spot, digest, size) if size is not None else False
        if there:
            return result._replace(state="there already")
        if there is None and not replace:
            return result._replace(
                reason="other bytes are in its place; --replace puts these there"
            )
        if dry_run:
            return result._replace(state="to push")
        assert path is not None  # None only in a dry run
        place.write(spot, digest, _verified(path, digest, on_bytes))
    except HubError as error:
        return result._replace(reason=str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return result._replace(reason=f"{error.strerror or type(error).__name__}{where}")
    return result._replace(state="pushed")


def _verified(path: Path, digest: str, on_bytes: Callable[[int], object]) -> Iterator[bytes]:
    """The pieces of a file, the last of which comes only if the digest is right."""
    hasher, last = hashlib.sha256(), b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
            if last:
                yield last
                on_bytes(len(last))
            last = piece
    if hasher.hexdigest() != digest:
        raise BucketError(
            f"{path} is damaged: its SHA-256 is {hasher.hexdigest()}, not {digest}. It was not "
            "pushed. To mend it: hub cache verify"
        )
    yield last
    on_bytes(len(last))
