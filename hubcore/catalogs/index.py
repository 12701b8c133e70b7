"""The index: what the installed plugins offer, grouped by bare name. It knows no rules of names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from ..packages import hooks
from ..settings import home
from .catalog import Catalog, ModelEntry, WeightsEntry
from .discovery import Plugin, discover

__all__ = [
    "Index",
    "add_registered",
    "add_source_tree",
    "current",
    "refresh",
    "remove_registered",
]


class Index:
    """The entries of all plugins by lower-case bare name, each kind from when it is asked for."""

    def __init__(self, found: list[Plugin]) -> None:
        self.plugins = found

    @cached_property
    def models(self) -> dict[str, list[ModelEntry]]:
        groups: dict[str, list[ModelEntry]] = {}
        for catalog in self._catalogs():
            for name, model in catalog.models.items():
                groups.setdefault(name.lower(), []).append(model)
        return groups

    @cached_property
    def weights(self) -> dict[str, list[WeightsEntry]]:
        groups: dict[str, list[WeightsEntry]] = {}
        for catalog in self._catalogs():
            for name, weights in catalog.weights.items():
                groups.setdefault(name.lower(), []).append(weights)
        return groups

    @cached_property
    def fitting(self) -> dict[str, list[WeightsEntry]]:
        """Enums by the lower-case name, bare or canonical, of the model they declare to fit."""
        groups: dict[str, list[WeightsEntry]] = {}
        for catalog in self._catalogs():
            for weights in catalog.weights.values():
                groups.setdefault(_declared_builder(weights), []).append(weights)
        return groups

    def _catalogs(self) -> Iterator[Catalog]:
        return (plugin.catalog for plugin in self.plugins if plugin.catalog is not None)


_index: Index | None = None
_source_trees: list[Path] = []
_registered: dict[str, Plugin] = {}


def current() -> Index:
    """The index of what is installed and registered, made when it is first asked for."""
    global _index
    if _index is None:
        found = discover(_source_trees, home() / "catalogs")
        _index = Index([*found, *_registered.values()])
    return _index


def refresh() -> None:
    """Forgets what was found, so that the next look-up sees what is installed now."""
    global _index
    _index = None
    hooks.forget()


def add_source_tree(tree: Path) -> None:
    """Makes a checkout's ``plugins/`` folder count as installed."""
    if tree not in _source_trees:
        _source_trees.append(tree)
        refresh()


def add_registered(key: str, plugin: Plugin) -> None:
    """Adds a plugin for this process under a key of its own; an equal key is replaced."""
    _registered[key] = plugin
    refresh()


def remove_registered(key: str) -> None:
    """Takes a registered plugin away again."""
    _registered.pop(key, None)
    refresh()


def _declared_builder(weights: WeightsEntry) -> str:
    builder = weights.builder
    if "/" not in builder and builder in weights.catalog.models:
        builder = f"{weights.catalog.distribution}/{builder}"
    return builder.lower()
