"""Queries: lists the models, weights and plugins that are available."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from ..errors import UnknownNameError
from ..packages.entry_points import normalise
from .catalog import ModelEntry
from .discovery import Plugin
from .index import current
from .known_packages import BUILT_IN
from .names import catalog_of_package, find_model, meaning, short_name, task_of, weights_for

__all__ = ["FAMILY_OF_MODULE", "list_models", "list_weights", "models", "plugins"]

Patterns = str | Iterable[str] | None

FAMILY_OF_MODULE = {
    "": "hub-classification",
    "detection": "hub-detection",
    "optical_flow": "hub-optical-flow",
    "quantization": "hub-quantization",
    "segmentation": "hub-segmentation",
    "video": "hub-video",
}
"""The distribution that has the models of a module of `torchvision.models`, by its name there."""


def plugins() -> list[Plugin]:
    """All plugins that were found, whether or not they can be used.

    Raises:
        PluginError: a plugin is broken or incompatible, and ``HUBCORE_STRICT`` is set.
    """
    return list(current().plugins)


def models(
    include: Patterns = None,
    exclude: Patterns = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> dict[str, ModelEntry]:
    """The models that `list_models` lists, as catalogue entries by name.

    Args:
        include, exclude, task, plugin: as for `list_models`.

    Raises:
        UnknownNameError: there is no such plugin.
    """
    all_models: dict[str, ModelEntry] = {}
    for group in current().models.values():
        bare = meaning(group)
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
    """Lists the names of models.

    A model is listed under its bare name if that means this model, otherwise under its canonical
    name. Models that their package has replaced by others are not listed.

    Args:
        include: one or several shell-style patterns; names that match any of them are kept.
        exclude: one or several patterns of names to leave out, applied afterwards.
        task: only models for this task, such as ``object-detection``.
        plugin: only models of this plugin, given by its name or its distribution's.
        module: only models of this family, given by its Python package, such as `hub_detection`, or
            by torchvision's module, such as `torchvision.models.detection`.

    Returns:
        The names, sorted.

    Raises:
        UnknownNameError: there is no such plugin, or `module` is not a family.
    """
    if module is not None:
        plugin = _distribution_of(module)
    return list(models(include, exclude, task=task, plugin=plugin))


def _distribution_of(module: ModuleType) -> str:
    """The distribution of a family, by its package or by torchvision's module or its mirror."""
    name = module.__name__
    for root in ("torchvision.models", "hubcore.models"):
        place = name.removeprefix(root).removeprefix(".")
        if name.startswith(root) and place in FAMILY_OF_MODULE:
            return FAMILY_OF_MODULE[place]
    catalog = catalog_of_package(name)
    if catalog is None:
        raise UnknownNameError("family", name)
    return catalog.distribution


def list_weights(
    model: str | Callable[..., Any] | None = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> list[str]:
    """Lists the full names of weights, as `get_weight` takes them.

    Weights that their package has replaced by others are not listed.

    Args:
        model: only weights that fit this model, given by its name or builder.
        task: only weights for this task, such as ``object-detection``.
        plugin: only weights of this plugin, given by its name or its distribution's.

    Returns:
        Names such as ``ResNet50_Weights.IMAGENET1K_V2``: sorted by enum, or, with `model`, the
        model's own weights first.

    Raises:
        UnknownNameError: there is no such model or plugin.
        AmbiguousNameError: several packages offer the model.
        TypeError: `model` is neither a name nor a builder of the hub.
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
        if "replaced_by" not in data and (task is None or task_of(entry, member) == task)
    ]


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
    """The distributions of the plugins with this name; None for all.

    Args:
        plugin: the name of a plugin or of its distribution, or None.
    """
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
