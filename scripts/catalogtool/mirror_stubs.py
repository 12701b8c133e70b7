"""Type stubs of `hubcore.models`, whose names are looked up at run time.

With them type checkers know ``from hubcore.models.detection import fasterrcnn_resnet50_fpn``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torchvision.models

from hubcore import models

from .families import ROOT

_HEADER = """\
# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
"""
_THEIRS = "torchvision.models"
_FOLDER = ROOT / "hubcore" / "models"


def files() -> Iterator[tuple[Path, str]]:
    """The stubs of `hubcore.models` and of each module below it: their paths and texts."""
    for module in _modules(torchvision.models):
        place = module.__name__.split(".")[2:]
        folder = _FOLDER.joinpath(*place)
        is_package = hasattr(module, "__path__")
        path = folder / "__init__.pyi" if is_package else folder.with_suffix(".pyi")
        yield path, _stub(module, place)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for file in sorted(Path(path) for path in _contents(package)):
        if not file.stem.startswith("_"):
            module = import_module(f"{package.__name__}.{file.stem}")
            yield from _modules(module) if hasattr(module, "__path__") else (module,)


def _contents(package: ModuleType) -> Iterator[Path]:
    (folder,) = map(Path, package.__path__)
    yield from folder.glob("*.py")
    yield from (path.parent for path in folder.glob("*/__init__.py"))


def _stub(module: ModuleType, place: list[str]) -> str:
    mirrored = import_module(".".join(("hubcore.models", *place)))
    lines = []
    for name in sorted(name for name in dir(mirrored) if not name.startswith("_")):
        source = _source(module, mirrored, name, is_root=not place)
        if source:
            lines.append(f"from {source} import {name} as {name}")
    if not place:
        lines += _ROOT.splitlines()
    return _HEADER + "\n".join(lines) + "\n"


_ROOT = """
from collections.abc import Iterable
from types import ModuleType
from typing import Any

def list_models(
    module: ModuleType | str | Iterable[str] | None = None,
    include: str | Iterable[str] | None = None,
    exclude: str | Iterable[str] | None = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> list[str]: ...
"""


def _source(module: ModuleType, mirrored: ModuleType, name: str, *, is_root: bool) -> str | None:
    """The module to import a name from; None if it is not part of the interface."""
    value = getattr(mirrored, name)
    if is_root and name in models._own:
        return None if name == "list_models" else _home_of(value)
    if isinstance(value, ModuleType):
        # A module of the same name as a builder is hidden by it, as in torchvision.
        below = value.__name__ == f"{mirrored.__name__}.{name}" and not name.startswith("_")
        return "." if below else None
    home = getattr(value, "__module__", "")
    if home.partition(".")[0].startswith("hub_"):
        return home
    return home if home == _THEIRS or home.startswith(f"{_THEIRS}.") else None


def _home_of(value: object) -> str:
    return str(value.__module__)
