"""Finds the folders of a Python package without importing it."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["package_folders"]


def package_folders(package: str) -> list[Path]:
    """The folders of a top-level package; empty if it is not found or is a single module.

    Args:
        package: a name without dots, since finding a dotted one would import its parents.
    """
    from importlib.util import find_spec

    locations = getattr(sys.modules.get(package), "__path__", None)
    if locations is None:
        try:
            spec = find_spec(package)
        except (ImportError, ValueError):
            return []
        locations = spec.submodule_search_locations if spec else None
    return [Path(location) for location in locations or ()]
