"""Discovery: finds the plugins and reads their catalogues.

A plugin is a distribution that names a catalogue in the entry-point group ``hubcore.catalog``, or
a catalogue that the user added. Discovery reads data only: no module of a plugin is imported, so a
broken plugin does not affect the others.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .. import settings
from ..errors import (
    CatalogError,
    IncompatibleCatalogError,
    PluginError,
    PluginWarning,
    SignatureError,
)
from ..packages.entry_points import EntryPoint, entry_points, is_disabled, normalise
from ..packages.folders import package_folders
from .allowed import Origin, is_trusted
from .catalog import Catalog
from .known_packages import BUILT_IN
from .signed import signer

__all__ = ["GROUP", "Plugin", "discover"]

GROUP = "hubcore.catalog"


class Plugin(NamedTuple):
    """One plugin and its state.

    Attributes:
        name: the entry point's name, such as ``detection``.
        distribution: the normalised name of the distribution, such as ``hub-detection``.
        version: the distribution's version, "" if unknown.
        status: ``ok``, ``disabled`` (by ``HUBCORE_DISABLE``), ``broken``, ``incompatible``, or
            ``untrusted`` (the ``trust`` setting asks for a signature that it lacks).
        error: what is wrong, "" unless the status is one of the last three.
        remedy: the command that removes the plugin.
        catalog: what it offers, None unless the status is ``ok``.
        path: the catalogue's file, None if it was not looked for.
        signed_by: who signed the catalogue, "" unless the ``trust`` setting asks for it.
    """

    name: str
    distribution: str
    version: str
    status: str
    error: str
    remedy: str
    catalog: Catalog | None = None
    path: Path | None = None
    signed_by: str = ""


def discover(
    source_trees: Iterable[Path] = (), catalogs_folder: Path | None = None
) -> list[Plugin]:
    """Finds all plugins, and warns about those that are broken or incompatible.

    Args:
        source_trees: checkouts whose ``plugins/`` folder counts as installed; they take precedence
            over installed distributions of the same name.
        catalogs_folder: a folder of the user's own catalogues; each file's name without its suffix
            is the plugin's name.

    Returns:
        The plugins, sorted by distribution and name.

    Raises:
        PluginError: a plugin is broken or incompatible, and ``HUBCORE_STRICT`` is set.
    """
    sources = (
        (plugin for tree in source_trees for plugin in _from_tree(tree)),
        (_from_entry_point(entry) for entry in entry_points(GROUP)),
        _from_folder(catalogs_folder),
    )
    plugins: list[Plugin] = []
    for source in sources:
        hidden = {plugin.distribution for plugin in plugins}
        plugins += [plugin for plugin in source if plugin.distribution not in hidden]
    plugins.sort(key=lambda plugin: (plugin.distribution, plugin.name))
    _report(plugins)
    return plugins


def _from_entry_point(entry: EntryPoint) -> Plugin:
    package, _, file = entry.value.partition(":")
    remedy = f"pip uninstall {entry.distribution}"
    plugin = Plugin(entry.name, entry.distribution, entry.version, "broken", "", remedy)
    if is_disabled(entry.name, entry.distribution):
        return plugin._replace(status="disabled")
    if not package.isidentifier() or not file:
        # Finding a dotted package would import its parents, which is the plugin's code.
        error = (
            f"its entry point '{entry.name} = {entry.value}' must name a top-level package and a "
            f"file in it, such as 'acme_flowers:catalog.json'"
        )
        return plugin._replace(error=error)
    folders = package_folders(package)
    if not folders:
        return plugin._replace(error=f"the package '{package}' of its entry point was not found")
    path = next((folder / file for folder in folders if (folder / file).is_file()), None)
    return _read(plugin, path or folders[0] / file, package)


def _from_tree(tree: Path) -> Iterator[Plugin]:
    for path in sorted(tree.glob("plugins/*/*/catalog.json")):
        project, package = path.parent.parent, path.parent.name
        name = package.removeprefix("hub_").replace("_", "-")
        version = _project_version(project / "pyproject.toml")
        remedy = f"git -C {tree} checkout -- {project.relative_to(tree)}"
        yield _read(
            Plugin(name, normalise(project.name), version, "broken", "", remedy), path, package
        )


def _project_version(pyproject: Path) -> str:
    try:
        lines = pyproject.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    line = next((line for line in lines if line.startswith("version")), "")
    return line.partition("=")[2].strip().strip("\"'")


def _from_folder(folder: Path | None) -> Iterator[Plugin]:
    if folder is None or not os.path.isdir(folder):  # noqa: PTH112  # an unreadable one is no error
        return
    for path in sorted(folder.glob("*.json")):
        plugin = Plugin(path.stem, normalise(path.stem), "", "broken", "", f"rm {path}")
        if plugin.distribution in BUILT_IN:
            error = f"only the built-in family may be called so: pip install {plugin.distribution}"
            yield plugin._replace(error=error)
            continue
        yield _read(plugin, path, None, Origin.INSTALLED if is_trusted(path) else Origin.DATA)


def _read(
    plugin: Plugin, path: Path, package: str | None, origin: Origin = Origin.INSTALLED
) -> Plugin:
    if is_disabled(plugin.name, plugin.distribution):
        return plugin._replace(status="disabled")
    plugin = plugin._replace(path=path)
    try:
        signed_by = signer(plugin.distribution, plugin.version, path)
        catalog = Catalog.read(path, plugin.distribution, plugin.version, package, origin)
    except SignatureError as error:
        return plugin._replace(
            status="untrusted", error=f"{error} (the setting 'trust' enforces a signature)"
        )
    except IncompatibleCatalogError as error:
        return plugin._replace(status="incompatible", error=str(error))
    except CatalogError as error:
        return plugin._replace(error=str(error))
    except Exception as error:  # whatever is wrong with a catalogue, the others must work
        return plugin._replace(error=f"{path}: {type(error).__name__}: {error}")
    return plugin._replace(status="ok", catalog=catalog, signed_by=signed_by)


def _report(plugins: list[Plugin]) -> None:
    for plugin in plugins:
        if plugin.status not in ("broken", "incompatible", "untrusted"):
            continue
        message = (
            f"The plugin '{plugin.name}' of the distribution '{plugin.distribution}' is "
            f"{plugin.status} and is left out: {plugin.error}. To remove it: {plugin.remedy}"
        )
        if settings.strict():
            raise PluginError(message)
        warnings.warn(message, PluginWarning, stacklevel=2)
