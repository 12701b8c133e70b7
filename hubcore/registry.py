"""Names: what there is, what a name means, and what to say when it means nothing or too much.

Canonical names are ``distribution/model`` and ``distribution/Enum.MEMBER``. A bare name goes to
the built-in families first, then to the only package that offers it; if several do, the look-up
raises. So installing a package can add names but never change what one means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from .catalog import Catalog, ModelEntry, WeightsEntry
from .discovery import Plugin
from .entry_points import normalise
from .errors import AmbiguousNameError, UnknownNameError
from .index import add_source_tree, current, refresh

if TYPE_CHECKING:
    from .weights import WeightsEnum

__all__ = [
    "BUILT_IN",
    "add_source_tree",
    "catalog_of_package",
    "find_model",
    "find_weights",
    "get_weight",
    "keep_enum",
    "list_models",
    "list_weights",
    "models",
    "plugins",
    "refresh",
    "short_name",
    "warn_replaced",
    "weights_enum",
    "weights_for",
]

BUILT_IN = frozenset(
    f"hub-{family}"
    for family in (
        "classification",
        "detection",
        "segmentation",
        "quantization",
        "video",
        "optical-flow",
    )
)
"""The distributions whose bare names win."""

# What each family offers, so that a look-up can say which one to install.
_FAMILIES = Path(__file__).parent / "families.json"

Entry = TypeVar("Entry", ModelEntry, WeightsEntry)
Patterns = str | Iterable[str] | None

# Classes outlive the index, so that a member stays one object when plugins are looked up anew.
_enums: dict[str, tuple[Mapping[str, Any], type[WeightsEnum]]] = {}


# -- Look-ups


def find_model(name: str | Callable[..., Any]) -> ModelEntry:
    """The model that a name (bare or canonical, in any case) or a builder means.

    Raises:
        UnknownNameError: nothing has the name; it suggests close ones, or the family to install.
        AmbiguousNameError: several packages offer it.
        TypeError: a callable that is no builder of the hub.
    """
    canonical = name if isinstance(name, str) else getattr(name, "__hub_model__", None)
    if canonical is None:
        raise TypeError(f"{name!r} is neither a model's name nor a builder of the hub")
    return _find(current().models, "model", str(canonical))


def find_weights(name: str) -> WeightsEntry:
    """The catalogue's enum that a name (bare or canonical, in any case) means.

    Raises:
        UnknownNameError, AmbiguousNameError: as for `find_model`.
    """
    return _find(current().weights, "weights", name)


def weights_for(model: ModelEntry) -> list[WeightsEntry]:
    """The enums that declare to fit a model: its own first, the others by canonical name."""
    fitting = current().fitting
    entries = list(fitting.get(model.canonical.lower(), ()))
    bare = model.name.lower()
    if bare in fitting and _meaning(current().models[bare]) is model:
        entries += fitting[bare]

    def own_first(entry: WeightsEntry) -> tuple[bool, str]:
        own = entry.catalog is model.catalog and entry.name == model.weights
        return not own, entry.canonical

    return sorted(entries, key=own_first)


def get_weight(name: str) -> WeightsEnum:
    """The weights of a full name, in any case.

    Args:
        name: ``"ResNet50_Weights.IMAGENET1K_V2"``, ``"ResNet50_Weights.DEFAULT"``, or canonical:
            ``"hub-classification/ResNet50_Weights.IMAGENET1K_V2"``.

    Raises:
        ValueError: the name is not of this form.
        UnknownNameError: nothing has the name. It is a ValueError.
        AmbiguousNameError: several packages offer it. It is a ValueError.
    """
    enum, dot, member = name.rpartition(".")
    if not dot or not enum or not member or "." in enum.rpartition("/")[2]:
        raise ValueError(
            f"Invalid weight name provided: '{name}'. A full name is written as "
            f"'ResNet50_Weights.IMAGENET1K_V2'."
        )
    found = weights_enum(find_weights(enum))._find(member)
    if found.value.replaced_by:
        warn_replaced(str(found), found.value.replaced_by)
    return found


def weights_enum(entry: WeightsEntry) -> type[WeightsEnum]:
    """The enum class of an entry: always the same one, so that members compare by identity."""
    from .weights import make_enum

    data, enum = _enums.get(entry.canonical, (None, None))
    if enum is None or (data is not entry.data and data != entry.data):
        enum = make_enum(entry, partial(_referenced, entry))
        keep_enum(entry, enum)
    return enum


def keep_enum(entry: WeightsEntry, enum: type[WeightsEnum]) -> None:
    """Makes a class that exists the one that `weights_enum` gives for an entry."""
    _enums[entry.canonical] = (entry.data, enum)


def catalog_of_package(package: str) -> Catalog | None:
    """The catalogue that lies in a Python package, if a usable plugin keeps one there."""
    catalogs = (plugin.catalog for plugin in current().plugins)
    return next((c for c in catalogs if c is not None and c.package == package), None)


def warn_replaced(name: str, successor: str) -> None:
    """Warns at the user's line that a model or weights have a successor."""
    from .deprecation import warn_caller

    warn_caller(f"{name} is deprecated: use {successor} instead.", FutureWarning)


# -- Queries


def plugins() -> list[Plugin]:
    """Every plugin found, with its name, distribution, version, status and error."""
    return list(current().plugins)


def models(
    include: Patterns = None,
    exclude: Patterns = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> dict[str, ModelEntry]:
    """The models that `list_models` lists, with their entries."""
    all_models: dict[str, ModelEntry] = {}
    for group in current().models.values():
        bare = _meaning(group)
        all_models.update((e.name if e is bare else e.canonical, e) for e in group)
    wanted = _distributions(plugin)
    return {
        name: all_models[name]
        for name in sorted(_matching(all_models, include, exclude))
        if all_models[name].replaced_by is None
        and (task is None or all_models[name].task == task)
        and (wanted is None or all_models[name].catalog.distribution in wanted)
    }


def list_models(
    include: Patterns = None,
    exclude: Patterns = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
    module: ModuleType | None = None,
) -> list[str]:
    """The names of all models, sorted.

    Args:
        include: one or several shell-style patterns; names that match any of them are kept.
        exclude: patterns of names to leave out, applied afterwards.
        task: only models of this task, such as ``object-detection``.
        plugin: only models of this plugin, by its name or its distribution's.
        module: only models of this family's package, such as `hub_detection`.

    A model whose bare name means another package's model, or several, is listed under its
    canonical name. Models that their package has replaced by others are not listed.

    Raises:
        UnknownNameError: there is no such plugin.
    """
    if module is not None and module.__name__ != "hubcore.models":  # which has all of them
        catalog = catalog_of_package(module.__name__)
        if catalog is None:
            raise UnknownNameError("family", module.__name__)
        plugin = catalog.distribution
    return list(models(include, exclude, task=task, plugin=plugin))


def list_weights(
    model: str | Callable[..., Any] | None = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> list[str]:
    """The full names of weights, as `get_weight` takes them.

    Args:
        model: only weights that fit this model, its own first. By default all, sorted by enum.
        task: only weights for this task.
        plugin: only weights that this plugin offers.

    Weights that their package has replaced by others are not listed.

    Raises:
        UnknownNameError: there is no such model or plugin.
    """
    if model is None:
        groups = current().weights
        entries = [entry for name in sorted(groups) for entry in groups[name]]
    else:
        entries = weights_for(find_model(model))
    wanted = _distributions(plugin)
    return [
        f"{short_name(entry)}.{member}"
        for entry in entries
        if wanted is None or entry.catalog.distribution in wanted
        for member, data in entry.members.items()
        if "replaced_by" not in data
        and (task is None or (data.get("task") or _task(entry)) == task)
    ]


def short_name(entry: ModelEntry | WeightsEntry) -> str:
    """The bare name where it means this entry, else the canonical one."""
    index = current()
    if isinstance(entry, ModelEntry):
        means_this = _meaning(index.models[entry.name.lower()]) is entry
    else:
        means_this = _meaning(index.weights[entry.name.lower()]) is entry
    return entry.name if means_this else entry.canonical


# -- Details


def _task(entry: WeightsEntry) -> str | None:
    group = current().models.get(entry.builder.rpartition("/")[2].lower(), [])
    return group[0].task if group else None


def _meaning(group: list[Entry]) -> Entry | None:
    """What a bare name means among the entries that bear it; None if it is ambiguous."""
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
    entry = _meaning(group)
    if entry is None:
        raise AmbiguousNameError(kind, name, (entry.canonical for entry in group))
    return entry


def _unknown(groups: Mapping[str, list[Entry]], kind: str, name: str) -> UnknownNameError:
    import difflib

    distribution, _, bare = name.rpartition("/")
    absent = {plugin.distribution: plugin for plugin in current().plugins}
    for family, offered in _families().items():
        if bare.lower() in offered.get(kind, ()) and distribution in ("", family):
            plugin = absent.get(family)
            if plugin is None:
                return UnknownNameError(kind, name, install=family)
            if plugin.status != "ok":
                hint = f"The plugin '{family}' that offers it is {plugin.status}. {plugin.error}"
                return UnknownNameError(kind, name, hint=hint.rstrip())
    close = difflib.get_close_matches(bare.lower(), groups, n=3, cutoff=0.6)
    return UnknownNameError(
        kind, name, (short_name(entry) for match in close for entry in groups[match])
    )


def _families() -> dict[str, dict[str, list[str]]]:
    try:
        families: dict[str, dict[str, list[str]]] = json.loads(_FAMILIES.read_text("utf-8"))
    except OSError:
        return {}
    return families


def _referenced(entry: WeightsEntry, name: str) -> WeightsEnum:
    """The weights that a meta value names: the same catalogue's first."""
    if name.partition(".")[0] in entry.catalog.weights:
        name = f"{entry.catalog.distribution}/{name}"
    return get_weight(name)


def _matching(names: Iterable[str], include: Patterns, exclude: Patterns) -> Iterator[str]:
    import fnmatch

    kept = set(names)
    for patterns, keep in ((include, True), (exclude, False)):
        if patterns:
            patterns = [patterns] if isinstance(patterns, str) else list(patterns)
            matched = {n for pattern in patterns for n in fnmatch.filter(kept, pattern)}
            kept = matched if keep else kept - matched
    return iter(kept)


def _distributions(plugin: str | None) -> set[str] | None:
    """The distributions that a plugin's or a distribution's name means."""
    if plugin is None:
        return None
    found = current().plugins
    wanted = {
        p.distribution for p in found if plugin == p.name or normalise(plugin) == p.distribution
    }
    if not wanted:
        install = normalise(plugin) if normalise(plugin) in BUILT_IN else None
        raise UnknownNameError("plugin", plugin, sorted({p.name for p in found}), install)
    return wanted
