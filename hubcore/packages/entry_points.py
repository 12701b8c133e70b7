"""Reads the entry points of installed distributions straight from their meta-data folders.

`importlib.metadata` does the same, but importing it takes longer than listing all models. It is
used only for what is not a plain folder, such as zip files.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .. import settings

__all__ = ["EntryPoint", "entry_points", "forget", "is_disabled", "normalise", "summary"]


class EntryPoint(NamedTuple):
    """One line of a distribution's ``entry_points.txt``.

    Attributes:
        name: the part before the equals sign.
        value: the part after it, such as ``acme_flowers:catalog.json``.
        distribution: the distribution's normalised name.
        version: the distribution's version, "" if unknown.
        metadata: the path of the distribution's ``METADATA`` or ``PKG-INFO``, "" if it is not in a
            plain folder.
    """

    name: str
    value: str
    distribution: str
    version: str
    metadata: str = ""


def normalise(name: str) -> str:
    """Normalises a distribution's name as PyPI does: ``Hub_Detection`` to ``hub-detection``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entry_points(group: str) -> Iterator[EntryPoint]:
    """The entry points of a group, of all distributions on `sys.path`.

    If several distributions have the same name, the first on the path wins, as for imports.
    """
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        for distribution, version, text, metadata in _distributions(folder or "."):
            if distribution in seen:
                continue
            seen.add(distribution)
            if f"[{group}]" in text:
                for name, value in _section(text, group):
                    yield EntryPoint(name, value, distribution, version, metadata)


def summary(entry: EntryPoint) -> str:
    """The one-line summary of an entry point's distribution, "" if it has none."""
    if entry.metadata:
        return _field(entry.metadata, "Summary")
    import importlib.metadata

    try:
        return str(importlib.metadata.metadata(entry.distribution).json.get("summary", ""))
    except importlib.metadata.PackageNotFoundError:
        return ""


def is_disabled(name: str, distribution: str) -> bool:
    """Whether ``HUBCORE_DISABLE`` names a plugin.

    The variable holds names of plugins or distributions, separated by commas or spaces.

    Args:
        name: the name of the plugin's entry point.
        distribution: the normalised name of its distribution.
    """
    disabled = settings.disabled()
    return bool({name, distribution} & {item for d in disabled for item in (d, normalise(d))})


def forget() -> None:
    """Discards what was read, for a distribution that was changed in place."""
    _read.clear()


Distribution = tuple[str, str, str, str]
"""Its name, its version, the text of ``entry_points.txt``, and the path of the meta-data file."""

# What was read of a folder, by its identity and time of change: a process asks for several groups,
# and reading the folders again for each would take longer than all look-ups of names.
_read: dict[tuple[int, int, int], list[Distribution]] = {}
_SETTLED = 1.0  # seconds; a folder that changed more recently may change again within its clock


def _distributions(folder: str) -> list[Distribution]:
    """The distributions whose meta-data lies in a folder or a zip file of `sys.path`."""
    try:
        status = os.stat(folder)  # noqa: PTH116  # Path is slow
    except OSError:
        return []
    key = (status.st_dev, status.st_ino, status.st_mtime_ns)
    found = _read.get(key)
    if found is None:
        found = list(_scan(folder))
        if time.time() - status.st_mtime > _SETTLED:
            _read[key] = found
    return found


def _scan(folder: str) -> Iterator[Distribution]:
    try:
        with os.scandir(folder) as items:
            names = sorted(i.name for i in items if i.name.endswith((".dist-info", ".egg-info")))
    except NotADirectoryError:  # a zip file
        yield from _by_importlib(folder)
        return
    except OSError:
        return
    for name in names:
        if name.startswith("~"):  # the remains of an uninstall that was interrupted
            continue
        base = os.path.join(folder, name)  # noqa: PTH118  # there may be hundreds; Path is slow
        try:
            with open(f"{base}/entry_points.txt", encoding="utf-8") as file:  # noqa: PTH123
                text = file.read()
        except (OSError, ValueError):
            text = ""
        stem = name.rpartition(".")[0]
        project, _, version = stem.partition("-")
        egg = name.endswith(".egg-info")
        metadata = f"{base}/{'PKG-INFO' if egg else 'METADATA'}"
        if egg:
            version = _field(metadata, "Version") if text else ""
        yield normalise(project), version, text, metadata


def _field(metadata: str, name: str) -> str:
    """One field of a meta-data file, "" if it is missing."""
    try:
        header = Path(metadata).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(rf"^{name}: *(.*\S)", header.partition("\n\n")[0], re.MULTILINE)
    return match[1] if match else ""


def _by_importlib(path: str) -> Iterator[Distribution]:
    import importlib.metadata

    for found in importlib.metadata.distributions(path=[path]):
        name = found.metadata["Name"]
        if name:
            yield normalise(name), found.version, found.read_text("entry_points.txt") or "", ""


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
