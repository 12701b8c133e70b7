"""``hub.lock`` pins weights: their bytes, their preprocessing and the versions of their plugins.

The file is sorted JSON, meant to be kept under version control. With ``HUBCORE_LOCK=hub.lock``,
weights that are not in it, or differ from it, are refused.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .. import settings
from ..atomic_write import atomic_write
from ..catalogs.catalog import WeightsEntry
from ..catalogs.names import find_weights, model_of
from ..devices import refuse_device
from ..digests import digest_state, is_digest
from ..download.addresses import redact, redacted
from ..download.hashing import sha256_of
from ..errors import HubError
from ..packages.references import Reference
from ..store import RemoteFile, Store
from ..store.trust import FIRST_USE
from .value import Weights

__all__ = [
    "LockError",
    "LockedWeights",
    "Lockfile",
    "active_lock",
    "added",
    "changes",
    "check_lock",
    "fingerprint",
    "from_entry",
    "locked_file",
    "locked_files",
    "make_lock",
    "read_lock",
    "write_lock",
]

FORMAT = 1
_read: dict[tuple[str, int], Lockfile] = {}


class LockError(HubError):
    """Weights differ from the lock file or are not in it, or the lock file cannot be used."""


class LockedWeights(NamedTuple):
    """One entry of a lock file.

    Attributes:
        model: the model that the weights fit; "" if their enum is in no catalogue.
        url: the file's address when it was locked, without secrets. If nothing had to be left out,
            it is tried after the catalogue's addresses.
        sha256: the file's SHA-256, as 64 hex digits.
        size: the file's length in bytes; None if unknown.
        preprocessing: the `fingerprint` of the preprocessing.
        published: what the catalogue gave of the digest, ``full``, ``prefix`` or ``none``; "" in
            locks that do not say.
        pinned_by: how the rest was learned, ``first use`` (from the file, when it was first
            fetched) or ``user``; "" if the catalogue gave all of it.
        files: the SHA-256 of further files of the weights, by their published names.
    """

    model: str
    url: str
    sha256: str
    size: int | None
    preprocessing: str
    published: str = ""
    pinned_by: str = ""
    files: Mapping[str, str] = {}


class Lockfile(NamedTuple):
    """The content of a lock file.

    Attributes:
        plugins: versions by distribution.
        weights: entries by canonical name.
        path: the file it was read from, for messages; None for a lock that was just made.
    """

    plugins: Mapping[str, str]
    weights: Mapping[str, LockedWeights]
    path: Path | None = None


def make_lock(members: Mapping[str, Weights], store: Store, *, progress: bool = True) -> Lockfile:
    """Locks weights as they are now, downloading those whose full digest is not known yet.

    Args:
        members: the weights by canonical name.
        store: where their files are, or are downloaded to.
        progress: show a progress bar on stderr while downloading.

    Returns:
        The lock, not yet written.

    Raises:
        LockError: some weights cannot be downloaded.
        LicenseError: the user's rules for licences refuse some of them.
    """
    for weights in members.values():
        weights.file.require_permit()
    unknown = {name: w.file for name, w in members.items() if _full_digest(w, store) is None}
    results = store.get_many(list(unknown.values()), progress=progress)
    for name, result in zip(unknown, results, strict=True):
        if isinstance(result, Exception):
            raise LockError(f"Cannot lock {name}: {result}") from result
    entries = {}
    plugins = {}
    for name, weights in members.items():
        digest = _full_digest(weights, store)
        if digest is None:  # in a read-only root, where no digest is noted
            digest = sha256_of(store.get(weights.file, progress=False))
        plugins.update(_plugin_of(name))
        size = weights.size
        if size is None and store.blob_path(digest).exists():
            size = store.blob_path(digest).stat().st_size
        entries[name] = LockedWeights(
            _model_of(name),
            redact(weights.url),
            digest,
            size,
            fingerprint(weights),
            digest_state(weights.file.digest),
            _pinned_by(weights, digest, store),
            _further(weights),
        )
    return Lockfile(plugins, entries)


def write_lock(lock: Lockfile, path: Path) -> None:
    """Writes a lock file, replacing any that is there in one step.

    Raises:
        LockError: the file cannot be written.
    """
    document = {
        "lock": FORMAT,
        "plugins": dict(sorted(lock.plugins.items())),
        "weights": {name: _to_json(entry) for name, entry in sorted(lock.weights.items())},
    }
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise LockError(f"Cannot write {path}: {error.strerror}.") from error


def _to_json(entry: LockedWeights) -> dict[str, Any]:
    data = entry._asdict()
    return data if entry.files else {key: data[key] for key in data if key != "files"}


def _further(weights: Weights) -> dict[str, str]:
    return {file.name: file.digest or "" for file in weights.further}


def read_lock(path: Path) -> Lockfile:
    """Reads a lock file.

    Raises:
        LockError: the file is missing, cannot be read, is not a lock file, or is in a newer format.
    """
    try:
        refuse_device(path)
        document = json.loads(path.read_text("utf-8"))
        version = document["lock"]
        if not isinstance(version, int) or version > FORMAT:
            raise LockError(
                f"{path} is in lock format {version}, but this hubcore reads formats up to "
                f"{FORMAT}: upgrade hubcore."
            )
        entries = {
            str(name): LockedWeights(
                entry["model"],
                entry["url"],
                entry["sha256"],
                entry.get("size"),
                entry["preprocessing"],
                str(entry.get("published", "")),
                str(entry.get("pinned_by", "")),
                {str(file): str(digest) for file, digest in entry.get("files", {}).items()},
            )
            for name, entry in document["weights"].items()
        }
        lock = Lockfile(dict(document["plugins"]), entries, path)
    except FileNotFoundError:
        raise LockError(
            f"The lock file {path} does not exist. Make one: hub lock MODEL... -o {path}"
        ) from None
    except OSError as error:
        raise LockError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LockError(f"{path} is not a lock file that 'hub lock' wrote.") from error
    for name, entry in entries.items():
        if not isinstance(entry.sha256, str) or not is_digest(entry.sha256):
            raise LockError(
                f"{path}: the digest of {name} is not a full SHA-256 (64 hex digits). Put back the "
                f"file that you had, or lock all that it names anew: hub lock "
                f"{shlex.join(entries)} --yes -o {path}"
            )
    return lock


def added(lock: Lockfile, more: Lockfile) -> Lockfile:
    """The first lock with the entries of the second, which replace those of the same names."""
    return Lockfile({**lock.plugins, **more.plugins}, {**lock.weights, **more.weights}, lock.path)


def changes(old: Lockfile, new: Lockfile) -> list[str]:
    """What a new lock changes or drops of an old one, one line each; additions are no change."""
    lines = [f"- {name}" for name in old.weights if name not in new.weights]
    for name, entry in new.weights.items():
        before = old.weights.get(name)
        if before is None:
            continue
        lines += [
            f"~ {name}: {field} {str(was)[:20]} -> {str(now)[:20]}"
            for field, was, now in (
                ("sha256", before.sha256, entry.sha256),
                ("files", before.files, entry.files),
                ("preprocessing", before.preprocessing, entry.preprocessing),
                ("model", before.model, entry.model),
            )
            if was != now
        ]
    for distribution, version in old.plugins.items():
        now = new.plugins.get(distribution)
        if now not in (None, version):
            lines.append(f"~ {distribution}: version {version} -> {now}")
    return lines


def check_lock(lock: Lockfile, name: str, weights: Weights) -> list[str]:
    """Compares weights, as their catalogue has them now, with the lock file.

    Args:
        lock: the lock file.
        name: the weights' canonical name.
        weights: the weights as in the catalogue.

    Returns:
        One message for each difference; empty if there is none.
    """
    entry = lock.weights.get(name)
    if entry is None:
        return [f"{name} is not in it"]
    differences = []
    digest = weights.file.digest
    if digest and not entry.sha256.startswith(digest):
        differences.append(
            f"{name}: the catalogue's SHA-256 is {digest}, but {entry.sha256} is locked"
        )
    if dict(entry.files) != _further(weights):
        differences.append(f"{name}: its further files differ from the locked ones")
    if entry.preprocessing != fingerprint(weights):
        differences.append(f"{name}: its preprocessing differs from the locked one")
    for distribution, version in _plugin_of(name).items():
        locked = lock.plugins.get(distribution)
        if locked != version:
            differences.append(f"{distribution} is version {version}, but {locked} is locked")
    return differences


def active_lock() -> Lockfile | None:
    """The lock file that ``HUBCORE_LOCK`` names, or None if the variable is not set.

    Raises:
        LockError: the file cannot be used.
    """
    path = settings.lock()
    if path is None:
        return None
    try:
        key = (str(path.absolute()), path.stat().st_mtime_ns)
    except OSError:
        return read_lock(path)  # raises with the reason
    if key not in _read:
        _read[key] = read_lock(path)
    return _read[key]


def locked_file(name: str, weights: Weights) -> RemoteFile:
    """The file of some weights, pinned to the locked digest if ``HUBCORE_LOCK`` is set.

    Args:
        name: the weights' canonical name.
        weights: the weights as in the catalogue.

    Raises:
        LockError: the weights are not in the lock file or differ from it, or it cannot be used.
    """
    lock = active_lock()
    if lock is None:
        return weights.file
    differences = check_lock(lock, name, weights)
    if differences:
        raise LockError(
            f"HUBCORE_LOCK={lock.path} does not allow these weights: {'; '.join(differences)}. "
            + (
                f"To accept the changes: hub sync {shlex.quote(str(lock.path))}"
                if name in lock.weights
                else f"To add it: hub lock --add {name} -o {shlex.quote(str(lock.path))}"
            )
        )
    return from_entry(lock.weights[name], weights.file)


def locked_files(name: str, weights: Weights) -> tuple[RemoteFile, ...]:
    """All files of some weights, as `locked_file` gives the first.

    Raises:
        LockError: the weights are not in the lock file or differ from it, or it cannot be used.
    """
    return (locked_file(name, weights), *weights.files[1:])


def from_entry(entry: LockedWeights, file: RemoteFile) -> RemoteFile:
    """The file with the locked digest and size, at the catalogue's addresses, then the locked one.

    Args:
        entry: the entry of the lock file.
        file: the file as in the catalogue.
    """
    same = entry.url in map(redact, file.urls)
    urls = file.urls if same or redacted(entry.url) else (*file.urls, entry.url)
    return file._replace(urls=urls, sha256=entry.sha256, size=entry.size)


def fingerprint(weights: Weights) -> str:
    """The SHA-256 of the preprocessing's name and arguments, as 64 hex digits."""
    transforms = weights.transforms
    if isinstance(transforms, Reference):
        facts: Any = transforms.to_json()
    else:
        function = getattr(transforms, "func", transforms)
        name = f"{function.__module__}:{getattr(function, '__qualname__', function)}"
        facts = [name, getattr(transforms, "keywords", {})]
    text = json.dumps(facts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _full_digest(weights: Weights, store: Store) -> str | None:
    digest = weights.file.digest
    if digest and is_digest(digest):
        return digest
    path = store.find(weights.file)
    return path.name if path is not None and is_digest(path.name) else None


def _pinned_by(weights: Weights, digest: str, store: Store) -> str:
    if digest_state(weights.file.digest) == "full":
        return ""
    pin = store.pinned(weights.url)
    return pin.by if pin is not None and pin.sha256 == digest else FIRST_USE


def _entry_of(name: str) -> WeightsEntry | None:
    """The catalogue entry of a canonical name; None for weights that are in no catalogue."""
    enum = name.rpartition(".")[0]
    return find_weights(enum) if "/" in enum else None


def _model_of(name: str) -> str:
    entry = _entry_of(name)
    if entry is None:
        return ""
    model = model_of(entry)
    return model.canonical if model else entry.builder


def _plugin_of(name: str) -> dict[str, str]:
    entry = _entry_of(name)
    return {entry.catalog.distribution: entry.catalog.version} if entry else {}
