"""JSON files that stand beside a module and say of it what can be known without importing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .folders import package_folders

__all__ = ["side_file"]


def side_file(module: str) -> dict[str, Any]:
    """What the file ``module.json`` says that stands beside a module's source.

    Args:
        module: the module's full name. It is not imported, nor is its package.

    Returns:
        The object in the file; empty if there is no such file.

    Raises:
        ValueError: the file is no JSON object.
    """
    package, *parts = module.split(".")
    for folder in package_folders(package):
        file = Path(folder, *(parts or ["__init__"])).with_suffix(".json")
        try:
            found = json.loads(file.read_text("utf-8"))
        except OSError:
            continue
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{file.name} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{file.name} holds no object, but a {type(found).__name__}")
        return found
    return {}
