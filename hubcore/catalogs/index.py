"""The index: what the plugins offer, grouped by bare name. `names` decides what a name means."""

from __future__ import annotations

import contextlib
import importlib
import pickle
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from .. import settings
from ..errors import CatalogError
from .allowed import own_modules
from .catalog import Catalog, ModelEntry, WeightsEntry
from .discovery import Plugin, discover
from .signed import signer

__all__ = [
    "Carried",
    "Index",
    "add_registered",
    "add_source_tree",
    "current",
    "refresh",
    "registered",
    "remove_registered",
    "restore_registered",
]


class Index:
    """The entries of all plugins, grouped by lower-case bare name when they are first needed.

    Args:
        found: the plugins.

    Attributes:
        plugins: the plugins, usable or not.
        records_read: the records of `records` that were read so far; None for one with a fault.
    """

    def __init__(self, found: list[Plugin]) -> None:
        self.plugins = found
        self.records_read: dict[tuple[Catalog, str], Any] = {}

    @cached_property
    def models(self) -> dict[str, list[ModelEntry]]:
        """Models by lower-case bare name."""
        groups: dict[str, list[ModelEntry]] = {}
        for catalog in self._catalogs():
            for name, model in catalog.models.items():
                groups.setdefault(name.lower(), []).append(model)
        return groups

    @cached_property
    def weights(self) -> dict[str, list[WeightsEntry]]:
        """Enums by lower-case bare name."""
        groups: dict[str, list[WeightsEntry]] = {}
        for catalog in self._catalogs():
            for name, weights in catalog.weights.items():
                groups.setdefault(name.lower(), []).append(weights)
        return groups

    @cached_property
    def fitting(self) -> dict[str, list[WeightsEntry]]:
        """Enums by the lower-case bare name of their builder. `names` tells which model it is."""
        groups: dict[str, list[WeightsEntry]] = {}
        for catalog in self._catalogs():
            for weights in catalog.weights.values():
                bare = weights.builder.rpartition("/")[2]
                groups.setdefault(bare.lower(), []).append(weights)
        return groups

    @cached_property
    def records(self) -> dict[str, list[tuple[Catalog, str]]]:
        """The files of records, with their catalogues, by the SHA-256 of their weights."""
        groups: dict[str, list[tuple[Catalog, str]]] = {}
        for catalog in self._catalogs():
            for file, digest in catalog.records.items():
                groups.setdefault(digest, []).append((catalog, file))
        return groups

    def records_about(self, digest: str | None) -> list[tuple[Catalog, str]]:
        """The files of records of some weights, by their published SHA-256 or a prefix of it."""
        if not digest:
            return []
        return [
            source
            for full, sources in self.records.items()
            if full.startswith(digest)
            for source in sources
        ]

    def _catalogs(self) -> Iterator[Catalog]:
        return (plugin.catalog for plugin in self.plugins if plugin.catalog is not None)


_index: Index | None = None
_source_trees: list[Path] = []
_registered: dict[str, Plugin] = {}
_carried: dict[str, Carried] = {}  # what pickles carry of these, made when one is first pickled


def current() -> Index:
    """The index of what is installed and registered, made when it is first needed.

    Raises:
        PluginError: a plugin is broken or incompatible, and ``HUBCORE_STRICT`` is set.
    """
    global _index
    if _index is None:
        found = discover(_source_trees, settings.catalogs_folder())
        _index = Index([*found, *_registered.values()])
    return _index


def refresh() -> None:
    """Discards what was found, so that the next look-up sees what is installed then."""
    from ..packages import entry_points, hooks  # listing needs no hooks
    from . import metrics

    global _index
    _index = None
    entry_points.forget()
    metrics.forget()
    hooks.forget()


def add_source_tree(tree: Path) -> None:
    """Makes the plugins in a checkout's ``plugins/`` folder count as installed."""
    if tree not in _source_trees:
        _source_trees.append(tree)
        refresh()


def add_registered(key: str, plugin: Plugin) -> None:
    """Adds a plugin for this process; it replaces one that was added with the same key.

    Raises:
        CatalogError: it would give a name of another plugin a second meaning.
    """
    _refuse_second_meanings(key, plugin)
    _registered[key] = plugin
    _carried.pop(key, None)
    refresh()


def _refuse_second_meanings(key: str, plugin: Plugin) -> None:
    if installed := _found(plugin.distribution):
        raise CatalogError(
            f"'{plugin.distribution}' is installed, and its names are its own: register under "
            f"another name, or remove it first ({installed.remedy})"
        )
    for other_key, other in _registered.items():
        if other.distribution == plugin.distribution and other_key != key:
            for name in sorted(_names(plugin) & _names(other)):
                raise CatalogError(
                    f"'{plugin.distribution}/{name}' is registered already, by another catalogue "
                    "or enum: register under another name, or remove() that one first"
                )


def _found(distribution: str) -> Plugin | None:
    """The usable plugin of a distribution that is installed, not registered; None if none is."""
    registered = set(map(id, _registered.values()))
    found = (plugin for plugin in current().plugins if id(plugin) not in registered)
    usable = (plugin for plugin in found if plugin.catalog is not None)
    return next((plugin for plugin in usable if plugin.distribution == distribution), None)


def _names(plugin: Plugin) -> set[str]:
    catalog = plugin.catalog
    return {*catalog.models, *catalog.weights} if catalog is not None else set()


class Carried(NamedTuple):
    """What a pickle carries of a registration, for a process that does not have it.

    Attributes:
        distribution: the name under which the plugin was registered.
        modules: the modules of the program that its catalogue names, which had been imported.
        plugin: the plugin, pickled once for all its entries, and unpickled where it is missing.
    """

    distribution: str
    modules: tuple[str, ...]
    plugin: bytes


def registered(distribution: str) -> Carried | None:
    """The plugin that was added for this process under a name, as pickles carry it along."""
    plugin = _registered.get(distribution)
    if plugin is None:
        return None
    if distribution not in _carried:
        modules = own_modules(plugin.catalog.data) if plugin.catalog else ()
        _carried[distribution] = Carried(distribution, modules, pickle.dumps(plugin))
    return _carried[distribution]


def restore_registered(carried: Carried | None) -> None:
    """Adds the plugin of a pickle in a process that does not have it, nor a package of its name.

    Raises:
        SignatureError: the settings enforce a signature that its catalogue lacks.
    """
    if carried is None or carried.distribution in _registered or _found(carried.distribution):
        return
    for module in carried.modules:  # only what is imported may be named
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    plugin: Plugin = pickle.loads(carried.plugin)  # a part of the pickle that is being read
    signer(plugin.distribution, plugin.version, plugin.path)
    add_registered(carried.distribution, plugin)


def remove_registered(key: str) -> None:
    """Removes a plugin that `add_registered` added, if there is one with this key."""
    _registered.pop(key, None)
    _carried.pop(key, None)
    refresh()
