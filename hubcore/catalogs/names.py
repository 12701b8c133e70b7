"""Names: what a name means, and the errors for names that are unknown or ambiguous.

Canonical names are ``distribution/model`` and ``distribution/Enum.MEMBER``. A bare name goes to
the built-in families first, then to the only package that offers it; if several do, the look-up
raises an error. So installing a package can add names, but never change what a name means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import AmbiguousNameError, UnknownNameError, WrongTypeError
from ..packages.entry_points import normalise
from .catalog import Catalog, ModelEntry, WeightsEntry
from .index import current
from .known_packages import BUILT_IN, known_packages

__all__ = [
    "catalog_of_package",
    "find_model",
    "find_weights",
    "meaning",
    "model_of",
    "short_name",
    "task_of",
    "weights_for",
]

Entry = TypeVar("Entry", ModelEntry, WeightsEntry)


def find_model(name: str | Callable[..., Any]) -> ModelEntry:
    """The model that a name or a builder means.

    Args:
        name: a bare or canonical name, in any case, or a builder of the hub.

    Raises:
        UnknownNameError: nothing has this name; the error suggests similar names, or the package to
            install.
        AmbiguousNameError: several packages offer it.
        WrongTypeError: `name` is neither a string nor a builder of the hub.
    """
    canonical = name if isinstance(name, str) else getattr(name, "__hub_model__", None)
    if canonical is None:
        raise WrongTypeError(
            f"{name!r} is neither a model's name nor a builder of the hub's models"
        )
    return _find(current().models, "model", str(canonical))


def find_weights(name: str) -> WeightsEntry:
    """The catalogue's enum that a name means.

    Args:
        name: a bare or canonical name, in any case, without a member.

    Raises:
        UnknownNameError, AmbiguousNameError: as for `find_model`.
    """
    return _find(current().weights, "weights", name)


def weights_for(model: ModelEntry) -> list[WeightsEntry]:
    """The enums that declare to fit a model: its own first, then others by canonical name."""
    same_name = current().fitting.get(model.name.lower(), ())
    entries = [entry for entry in same_name if model_of(entry) is model]

    def own_first(entry: WeightsEntry) -> tuple[bool, str]:
        own = entry.catalog is model.catalog and entry.name == model.weights
        return not own, entry.canonical

    return sorted(entries, key=own_first)


def model_of(weights: WeightsEntry) -> ModelEntry | None:
    """The model that an enum declares to fit; None if it is not installed, or is ambiguous.

    A bare name means a model of the enum's own distribution if there is one, and otherwise what it
    means everywhere.
    """
    distribution, slash, bare = weights.builder.rpartition("/")
    own = weights.catalog
    owner = normalise(distribution) if slash else own.distribution
    if owner == own.distribution and bare in own.models:
        return own.models[bare]
    group = current().models.get(bare.lower(), [])
    owners = [model for model in group if model.catalog.distribution == owner]
    return meaning(owners if owners or slash else group)


def task_of(weights: WeightsEntry, member: str) -> str | None:
    """The task of a member: the one that it names, or else that of the model it fits.

    None if neither is known.
    """
    task: str | None = weights.members[member].get("task")
    if task is None:
        model = model_of(weights)
        task = model.task if model else None
    return task


def catalog_of_package(package: str) -> Catalog | None:
    """The catalogue that a Python package contains, or None if no usable plugin has one there."""
    catalogs = (plugin.catalog for plugin in current().plugins)
    return next((c for c in catalogs if c is not None and c.package == package), None)


def short_name(entry: ModelEntry | WeightsEntry) -> str:
    """The entry's bare name if that means this entry, otherwise its canonical name."""
    index = current()
    if isinstance(entry, ModelEntry):
        means_this = meaning(index.models[entry.name.lower()]) is entry
    else:
        means_this = meaning(index.weights[entry.name.lower()]) is entry
    return entry.name if means_this else entry.canonical


def meaning(group: list[Entry]) -> Entry | None:
    """The entry that a bare name means, of all entries with that name; None if it is ambiguous."""
    if len(group) == 1:
        return group[0]
    built_in = [entry for entry in group if entry.catalog.distribution in BUILT_IN]
    return built_in[0] if len(built_in) == 1 else None


def _find(groups: Mapping[str, list[Entry]], kind: str, name: str) -> Entry:
    distribution, slash, bare = name.rpartition("/")
    group = groups.get(bare.lower(), [])
    if slash:
        group = [e for e in group if e.catalog.distribution == normalise(distribution)]
    if not group:
        raise _unknown(groups, kind, name)
    entry = meaning(group)
    if entry is None:
        raise AmbiguousNameError(kind, name, (entry.canonical for entry in group))
    return entry


def _unknown(groups: Mapping[str, list[Entry]], kind: str, name: str) -> UnknownNameError:
    import difflib

    distribution, _, bare = name.rpartition("/")
    found = {plugin.distribution: plugin for plugin in current().plugins}
    for family, offered in known_packages().items():
        if bare.lower() in offered.get(kind, ()) and distribution in ("", family):
            plugin = found.get(family)
            if plugin is None:
                return UnknownNameError(kind, name, install=family)
            if plugin.status != "ok":
                hint = f"The plugin '{family}' that offers it is {plugin.status}. {plugin.error}"
                return UnknownNameError(kind, name, hint=hint.rstrip())
    if name.lower() in {n for plugin in found.values() for n in (plugin.name, plugin.distribution)}:
        hint = f"It is a plugin; what it offers: hub list --plugin {name}"
        return UnknownNameError(kind, name, hint=hint)
    if distribution:  # similar names of what was named, if that is installed
        owners = {normalise(distribution)}
        owners |= {p.distribution for p in found.values() if p.name == distribution.lower()}
        theirs = {
            key: [entry for entry in group if entry.catalog.distribution in owners]
            for key, group in groups.items()
        }
        groups = {key: group for key, group in theirs.items() if group} or groups
    close = difflib.get_close_matches(bare.lower(), groups, n=3, cutoff=0.6)
    return UnknownNameError(
        kind, name, (short_name(entry) for match in close for entry in groups[match])
    )
