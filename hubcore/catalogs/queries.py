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
from .shown import ModelNames, PluginList

__all__ = [
    "FAMILY_OF_MODULE",
    "check_patterns",
    "known_task",
    "list_models",
    "list_weights",
    "matching",
    "models",
    "plugins",
]

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
    return PluginList(current().plugins)


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
        UnknownNameError: there is no such task or plugin.
    """
    all_models: dict[str, ModelEntry] = {}
    for group in current().models.values():
        bare = meaning(group)
        all_models.update((e.name if e is bare else e.canonical, e) for e in group)
    wanted = _distributions(plugin)
    task = known_task(task)
    return {
        name: all_models[name]
        for name in sorted(matching(all_models, include, exclude))
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
    where: str | None = None,
) -> list[str]:
    """Lists the names of models.

    A model is listed under its bare name if that means this model, otherwise under its canonical
    name. Models that their package has replaced by others are not listed.

    Args:
        include: one or several shell-style patterns, in any case; names that match any of them are
            kept.
        exclude: one or several patterns of names to leave out, applied afterwards.
        task: only models for this task, such as ``object-detection``.
        plugin: only models of this plugin, given by its name or its distribution's.
        module: only models of this family, given by its Python package, such as `hub_detection`, or
            by torchvision's module, such as `torchvision.models.detection`.
        where: only models whose default weights match this filter, such as
            ``"acc@1 > 80 and params < 30M"``, as `hub list --where` takes it.

    Returns:
        The names, sorted.

    Raises:
        UnknownNameError: there is no such task or plugin, or `module` is not a family.
        QueryError: `where` is malformed, or names an unknown field. It is also a ValueError.
    """
    if module is not None:
        plugin = _distribution_of(module)
    found = models(include, exclude, task=task, plugin=plugin)
    return ModelNames(found if where is None else _where(found, where))


def _where(found: dict[str, ModelEntry], text: str) -> list[str]:
    from .facts import facts
    from .matching import selected

    # Fields are those of all models, so that an empty selection makes none unknown.
    rows = {name: {"name": name, **facts(entry)} for name, entry in models().items()}
    return list(selected({name: rows[name] for name in found}, rows.values(), text))


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
        UnknownNameError: there is no such model, task or plugin.
        AmbiguousNameError: several packages offer the model.
        TypeError: `model` is neither a name nor a builder of the hub.
    """
    if model is None:
        groups = current().weights
        entries = [entry for name in sorted(groups) for entry in groups[name]]
    else:
        entries = weights_for(find_model(model))
    wanted = _distributions(plugin)
    task = known_task(task)
    return [
        f"{short_name(entry)}.{member}"
        for entry in entries
        if wanted is None or entry.catalog.distribution in wanted
        for member, data in entry.members.items()
        if "replaced_by" not in data and (task is None or task_of(entry, member) == task)
    ]


def matching(names: Iterable[str], include: Patterns, exclude: Patterns = None) -> Iterator[str]:
    """The names that match a pattern of `include`, in any case, and none of `exclude`."""
    kept = set(names)
    for patterns, keep in ((include, True), (exclude, False)):
        if patterns:
            import fnmatch

            patterns = [patterns] if isinstance(patterns, str) else list(patterns)
            spelt = {name: name.lower() for name in kept}
            lower = set(spelt.values())
            hits = {n for pattern in patterns for n in fnmatch.filter(lower, pattern.lower())}
            kept = {name for name in kept if (spelt[name] in hits) is keep}
    return iter(kept)


def check_patterns(patterns: Iterable[str], *, weights: bool = False) -> None:
    """Raises an error for the first pattern that no name matches.

    Args:
        patterns: shell-style patterns of models' names.
        weights: whether they may also match names of weights.

    Raises:
        UnknownNameError: no name matches. The error suggests similar names, or the package to
            install.
    """
    names = [*models(), *(list_weights() if weights else ())]
    for pattern in patterns:
        if any(matching(names, pattern)):
            continue
        literal = "".join(letter for letter in pattern if letter not in "*?[]!")
        if literal == pattern and not weights:
            find_model(pattern)  # may name the package to install
        import difflib

        spelt = {name.lower(): name for name in names}
        close = difflib.get_close_matches(literal.lower(), spelt, n=3, cutoff=0.5)
        kind = "model or weights" if weights else "model"
        raise UnknownNameError(kind, pattern, [spelt[match] for match in close])


def known_task(task: str | None) -> str | None:
    """A task under its own spelling, given in any case; None for None.

    Raises:
        UnknownNameError: no model or weights have it. The error suggests similar tasks, or lists
            them.
    """
    if task is None:
        return None
    index = current()
    tasks = {entry.task for group in index.models.values() for entry in group}
    if task in tasks:
        return task
    for group in index.weights.values():
        for entry in group:
            tasks |= {str(m["task"]) for m in entry.members.values() if m.get("task")}
    spelt = {name.lower(): name for name in tasks}
    wanted = task.lower().replace("_", "-").replace(" ", "-")
    if wanted in spelt:
        return spelt[wanted]
    import difflib

    close = [spelt[match] for match in difflib.get_close_matches(wanted, spelt, n=3)]
    hint = None if close or not tasks else f"Tasks: {', '.join(sorted(tasks))}."
    raise UnknownNameError("task", task, close, hint=hint)


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
        import difflib

        install = normalise(plugin) if normalise(plugin) in BUILT_IN else None
        names = sorted({name for p in found for name in (p.name, p.distribution)})
        close = difflib.get_close_matches(plugin.lower(), names, n=3)
        hint = None if close else f"Plugins: {', '.join(sorted({p.name for p in found}))}."
        raise UnknownNameError("plugin", plugin, close, install, None if install else hint)
    return wanted
