"""The weights that papers are about: named, locked, or in the store."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hubcore.catalogs import queries
from hubcore.catalogs.catalog import ModelEntry, WeightsEntry
from hubcore.catalogs.known_files import KnownFiles
from hubcore.catalogs.licenses import Evidence, evidence_of
from hubcore.catalogs.member_files import files_of
from hubcore.catalogs.names import find_weights, model_of, task_of
from hubcore.cli.arguments import path
from hubcore.digests import is_digest
from hubcore.download.remote import RemoteFile
from hubcore.errors import HubError, UnknownNameError
from hubcore.store import Entry, Store, default_store
from hubcore.weights.enums import canonical_name
from hubcore.weights.lockfile import LockedWeights, read_lock
from hubcore.weights.selection import select_weights

__all__ = ["Subject", "add_choice", "cached", "locked", "named", "of"]


class Subject(NamedTuple):
    """Weights, and all that their catalogue says of them.

    Attributes:
        entry: the enum in the catalogue.
        member: the member's name.
        data: the member's JSON object.
        sha256: the full SHA-256 of the file, "" if it is not known.
        evidence: what is stated of licences and training data.
    """

    entry: WeightsEntry
    member: str
    data: Mapping[str, Any]
    sha256: str
    evidence: Evidence

    @property
    def name(self) -> str:
        """The canonical name, ``distribution/Enum.MEMBER``."""
        return f"{self.entry.canonical}.{self.member}"

    @property
    def bare_name(self) -> str:
        """``Enum.MEMBER``."""
        return f"{self.entry.name}.{self.member}"

    @property
    def meta(self) -> Mapping[str, Any]:
        """The meta-data, as the catalogue has it."""
        meta: Mapping[str, Any] = self.data.get("meta", {})
        return meta

    @property
    def model(self) -> ModelEntry | None:
        """The model that the weights fit, None if it is not installed."""
        return model_of(self.entry)

    @property
    def task(self) -> str | None:
        """What the weights do, such as ``image-classification``."""
        return task_of(self.entry, self.member)

    @property
    def file(self) -> RemoteFile:
        """The file, as the catalogue gives it."""
        return self.files[0]

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """All files, the first one first."""
        return files_of(self.data)

    @property
    def metrics(self) -> list[tuple[str, str, float]]:
        """The published metrics: data set, metric and value. What was not measured is left out."""
        return [
            (dataset, metric, value)
            for dataset, values in self.meta.get("_metrics", {}).items()
            for metric, value in values.items()
            if isinstance(value, (int, float))
        ]

    @property
    def made_from(self) -> Subject | None:
        """The weights that the catalogue names as those that these were quantized from."""
        name = self.meta.get("unquantized")
        if not isinstance(name, str) or not name.startswith("@"):
            return None
        enum = name[1:].partition(".")[0]
        own = enum in self.entry.catalog.weights
        try:
            return of(f"{self.entry.catalog.distribution}/{name[1:]}" if own else name[1:])
        except HubError:  # of a package that is not installed
            return None


def of(name: str, *, sha256: str = "", store: Store | None = None) -> Subject:
    """The weights of a full name.

    Args:
        name: bare or canonical.
        sha256: the digest to give instead of the catalogue's.
        store: may have pinned the digest, where the catalogue does not give all of it.

    Raises:
        UnknownNameError: there are no such weights.
        AmbiguousNameError: several packages offer them.
    """
    enum, _, wanted = name.rpartition(".")
    entry = find_weights(enum)
    member = entry.find(wanted)
    if member is None:
        raise UnknownNameError("weights", name, [f"{entry.name}.{m}" for m in entry.members])
    data = entry.members[member]
    found = Subject(entry, member, data, sha256, evidence_of(entry.catalog, data))
    if not sha256:
        digest = found.file.digest or ""
        known = store.known_digest(found.file) if store is not None else digest
        found = found._replace(sha256=known if is_digest(known) else "")
    return found


def named(names: Iterable[str], *, every: bool = False) -> list[Subject]:
    """The weights that are named, sorted; a model's name means its default weights.

    Args:
        names: of models or weights, or patterns of models.
        every: all weights of each model; without names, all weights of all catalogues.

    Raises:
        UnknownNameError: there is nothing of this name.
        AmbiguousNameError: several packages offer the name.
    """
    names, store = list(names), default_store()
    if every and not names:
        return _sorted(
            of(f"{entry.canonical}.{member}", store=store)
            for plugin in queries.plugins()
            if plugin.catalog is not None
            for entry in plugin.catalog.weights.values()
            for member in entry.members
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # papers are of deprecated weights, too
        members = select_weights(names, every=every)
    return _sorted(of(canonical_name(member), store=store) for member in members)


def locked(path: Path) -> list[Subject]:
    """The weights that a lock file pins, sorted, with the digests that it pins.

    Raises:
        LockError: the file cannot be read.
        HubError: no installed catalogue has some of the weights, or it has another file for them,
            so that what it says is not of the locked one.
    """
    lock = read_lock(path)
    return _sorted(_locked(path, name, entry) for name, entry in lock.weights.items())


def _locked(path: Path, name: str, entry: LockedWeights) -> Subject:
    try:
        found = of(name, sha256=entry.sha256)
    except UnknownNameError as error:
        raise HubError(f"{path} pins {name}, of which nothing is known here: {error}") from error
    if not entry.sha256.startswith(found.file.digest or ""):
        raise HubError(
            f"{path} pins {name} to the SHA-256 {entry.sha256}, but the catalogue of "
            f"{found.entry.catalog.distribution} is of another file ({found.file.digest}). To "
            f"accept that: hub sync {path}"
        )
    if dict(entry.files) != {file.name: file.digest for file in found.files[1:]}:
        raise HubError(
            f"{path} pins other further files of {name} than the catalogue of "
            f"{found.entry.catalog.distribution} has. To accept these: hub sync {path}"
        )
    return found


def cached() -> tuple[list[Subject], list[Entry]]:
    """The weights whose files are in the store, sorted; and the files that no catalogue has."""
    store = default_store()
    known = KnownFiles().by_digest(store)
    entries = sorted(store.entries(), key=lambda entry: entry.sha256)
    subjects = _sorted(
        of(file.name, sha256=entry.sha256)
        for entry in entries
        for file in known.get(entry.sha256, ())
    )
    return subjects, [entry for entry in entries if entry.sha256 not in known]


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that name weights or a lock file."""
    parser.add_argument("name", nargs="*", help="a model, weights, or a pattern of models")
    parser.add_argument(
        "--all", action="store_true", help="all weights of the models, not only the default ones"
    )
    parser.add_argument(
        "--lock",
        metavar="FILE",
        type=path,
        nargs="?",
        const=Path("hub.lock"),
        help="the weights in a lock file (default: hub.lock)",
    )


def _sorted(subjects: Iterable[Subject]) -> list[Subject]:
    return sorted({s.name: s for s in subjects}.values(), key=lambda subject: subject.name)
