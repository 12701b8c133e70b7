"""Finds the catalogues to sign or to verify."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import NamedTuple

from hubcore.catalogs import queries
from hubcore.catalogs.discovery import Plugin
from hubcore.errors import HubError, PluginWarning, UnknownNameError
from hubcore.packages.entry_points import normalise

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Found", "find", "installed"]


class Found(NamedTuple):
    """A catalogue's file.

    Attributes:
        path: the file.
        distribution: the normalised name of the distribution that it is of, "" if unknown.
        version: the distribution's version, "" if unknown.
    """

    path: Path
    distribution: str
    version: str


def find(name: str) -> Found:
    """Finds a catalogue by the name of its plugin or distribution, or by its path.

    The distribution of a file that no plugin has is that of the project that it is in.

    Raises:
        UnknownNameError: there is no such plugin.
        HubError: there is no such file.
    """
    plugins = installed()
    path = Path(name)
    if path.suffix == ".json" or path.exists():
        if not path.is_file():
            raise HubError(f"{path} is not a file: give a catalogue, or the name of a plugin")
        for plugin in plugins:
            if plugin.path is not None and plugin.path.exists() and plugin.path.samefile(path):
                return Found(path, plugin.distribution, plugin.version)
        return Found(path, *_project(path.resolve()))
    for plugin in plugins:
        if plugin.path is not None and name in (plugin.name, plugin.distribution):
            return Found(plugin.path, plugin.distribution, plugin.version)
    names = sorted(plugin.distribution for plugin in plugins if plugin.path is not None)
    raise UnknownNameError("plugin", name, names)


def installed() -> list[Plugin]:
    """All plugins, also those that cannot be used, without warnings about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)
        return queries.plugins()


def _project(path: Path) -> tuple[str, str]:
    """The name and the version of the Python project that a file is in; "" if not given."""
    for folder in path.parents:
        pyproject = folder / "pyproject.toml"
        if not pyproject.is_file():
            continue
        try:
            project = tomllib.loads(pyproject.read_text("utf-8")).get("project", {})
            return normalise(str(project.get("name", ""))), str(project.get("version", ""))
        except (OSError, ValueError, AttributeError):
            break
    return "", ""
