"""What the catalogues know of files: which weights a digest belongs to, and what names select."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from . import registry
from .errors import AmbiguousNameError, UnknownNameError
from .store import Store
from .store.remote import RemoteFile

if TYPE_CHECKING:
    from .weights import WeightsEnum

__all__ = ["KnownFile", "KnownFiles", "canonical_name", "select_weights"]


class KnownFile(NamedTuple):
    """A file of a catalogue, and the name of its weights."""

    name: str
    file: RemoteFile


class KnownFiles:
    """All files that the catalogues name; made without loading any plugin's code."""

    def __init__(self) -> None:
        self._by_prefix: dict[str, list[KnownFile]] = {}
        self._unverified: list[KnownFile] = []
        for known in _all():
            digest = known.file.digest
            if digest:
                self._by_prefix.setdefault(digest[:8], []).append(known)
            else:
                self._unverified.append(known)

    def of(self, digest: str) -> list[KnownFile]:
        """The weights whose file has this full digest."""
        return [
            known
            for known in self._by_prefix.get(digest[:8], ())
            if digest.startswith(known.file.digest or "-")
        ]

    def digests_by_name(self) -> dict[str, set[str | None]]:
        """The digests of the files that are published under a name."""
        named: dict[str, set[str | None]] = {}
        for group in self._by_prefix.values():
            for known in group:
                named.setdefault(known.file.name, set()).add(known.file.digest)
        return named

    def trusted_only(self, store: Store) -> dict[str, KnownFile]:
        """By digest, files that the catalogues give no digest for and that were fetched before."""
        found = {}
        for known in self._unverified:
            digest = next((d for url in known.file.urls if (d := store.trusted(url))), None)
            if digest:
                found[digest] = known
        return found


def select_weights(names: Iterable[str], *, every: bool = False) -> list[WeightsEnum]:
    """The weights that names mean: of a model its default ones, of weights themselves.

    Args:
        names: models, weights, enums of weights, or shell-style patterns of models.
        every: all weights of each model instead of the default ones; without names, of all models.

    Raises:
        UnknownNameError: a name means nothing, or a model that has no weights.
        AmbiguousNameError: several packages offer it.
    """
    names = list(names)
    selected: dict[str, WeightsEnum] = {}
    for name in names if names or not every else ["*"]:
        for member in _meant(name, every):
            selected.setdefault(canonical_name(member), member)
    return list(selected.values())


def canonical_name(member: WeightsEnum) -> str:
    """``distribution/Enum.MEMBER``; of an enum that is in no catalogue, ``Enum.MEMBER``."""
    return f"{getattr(type(member), '__hub_name__', type(member).__name__)}.{member.name}"


def _meant(name: str, every: bool) -> list[WeightsEnum]:
    if any(character in name for character in "*?["):
        models = registry.list_models(name)
        if not models:
            raise UnknownNameError("model", name)
        return [member for model in models for member in _of_model(model, every)]
    try:
        model = registry.find_model(name)
    except AmbiguousNameError:
        raise
    except UnknownNameError as unknown:
        try:
            if "." in name.rpartition("/")[2]:
                return [registry.get_weight(name)]
            return list(registry.weights_enum(registry.find_weights(name)))
        except UnknownNameError as error:
            raise (error if "_weights" in name.lower() else unknown) from None
    members = _of_model(model.canonical, every)
    if not members:
        raise UnknownNameError("weights", name, hint=f"The model '{name}' has no weights.")
    return members


def _of_model(name: str, every: bool) -> list[WeightsEnum]:
    if every:
        return [registry.get_weight(weights) for weights in registry.list_weights(name)]
    model = registry.find_model(name)
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return []
    enum = registry.weights_enum(entry)
    return [enum[entry.default or next(iter(entry.members))]]


def _all() -> Iterator[KnownFile]:
    for plugin in registry.plugins():
        if plugin.catalog is None:
            continue
        for entry in plugin.catalog.weights.values():
            name = registry.short_name(entry)
            for member, data in entry.members.items():
                urls = (data["url"], *data.get("mirrors", ()))
                yield KnownFile(
                    f"{name}.{member}", RemoteFile(urls, data.get("sha256"), data.get("size"))
                )
