"""Python access to a family: ``from hub_detection import fasterrcnn_resnet50_fpn``.

A family's package holds a catalogue. Builders and enums are made from it on first access, by a
module-level ``__getattr__`` (PEP 562).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .catalogs.catalog import Catalog
from .catalogs.names import catalog_of_package
from .weights.lookup import weights_enum

__all__ = ["expose"]


def expose(module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Makes a package's models and weights importable from it.

    A family's ``__init__.py`` calls it: ``__getattr__, __dir__, __all__ = expose(__name__)``.

    Args:
        module: the name of the package, which contains ``catalog.json``.

    Returns:
        The package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Raises:
        CatalogError: the catalogue is missing or breaks the format.
    """

    def catalog() -> Catalog:
        found = catalog_of_package(module)
        return found if found is not None else _unlisted(module)

    models = {entry.export: entry.name for entry in catalog().models.values()}
    names = sorted({*models, *catalog().models, *catalog().weights})

    def get(name: str) -> Any:
        from .building.builders import builder_of

        current = catalog()
        model = current.models.get(models.get(name, name))
        if model is not None:
            return builder_of(model)
        if name in current.weights:
            return weights_enum(current.weights[name])
        raise AttributeError(f"module '{module}' has no attribute '{name}'")

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *names})

    return get, list_names, names


_unlisted_catalogs: dict[str, Catalog] = {}


def _unlisted(module: str) -> Catalog:
    """The catalogue of an imported package that discovery leaves out, such as a disabled one."""
    if module not in _unlisted_catalogs:
        folder = Path(next(iter(sys.modules[module].__path__)))
        distribution = module.replace("_", "-")
        _unlisted_catalogs[module] = Catalog.read(
            folder / "catalog.json", distribution, package=module
        )
    return _unlisted_catalogs[module]
