"""The module tree of `torchvision.models`, mirrored name by name under `hubcore.models`.

A name is ours where the hub has a builder or weights of that name, and torchvision's otherwise.
Which modules there are is read from torchvision's folder; it is imported only for a name that is
its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ..building.builders import builder_of
from ..catalogs.catalog import Catalog
from ..catalogs.known_packages import BUILT_IN
from ..catalogs.names import find_model, find_weights
from ..catalogs.queries import FAMILY_OF_MODULE, plugins
from ..errors import HubError
from ..packages.folders import package_folders
from ..weights.lookup import weights_enum

__all__ = ["MirroredModule", "install"]

_OURS, _THEIRS = "hubcore.models", "torchvision.models"
# Its registry, in place of which stand `get_model`, `get_weight` and the catalogues.
_LEFT_OUT = {"_api", "_meta"}


class MirroredModule(ModuleType):
    """A module of `hubcore.models` whose names are ours or torchvision's."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":  # of "import *"
            hidden = vars(self).get("_imported", ())
            return [item for item in dir(self) if not item.startswith("_") and item not in hidden]
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        place = _place(self.__name__)
        value = _ours(place, name)
        if value is None and _folder_entry(*place, name):
            return import_module(f"{self.__name__}.{name}")
        if value is None:
            value = _theirs(place, name)
        if value is None and not place:
            value = _of_others(name)
        if value is None:
            raise AttributeError(
                f"module '{self.__name__}' has no attribute '{name}'.{_hint(place, name)}"
            )
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing the module `googlenet` must not hide the builder of the same name.
        if isinstance(value, MirroredModule) and _ours(_place(self.__name__), name) is not None:
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        place = _place(self.__name__)
        names = {*vars(self), *(name for name, _ in _names_of_ours(place))}
        if not place:
            catalogs = [c for family in BUILT_IN if (c := _catalog(family)) is not None]
            names |= {name for c in catalogs for name in (*c.models, *c.weights)}
        with suppress(ImportError):
            names |= {name for name in dir(_torchvisions(place)) if not name.startswith("__")}
        return sorted(names - _LEFT_OUT)


class _Finder:
    """Finds the modules of `hubcore.models` that torchvision has under the same path."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{_OURS}."):
            return None
        entry = _folder_entry(*_place(fullname))
        if entry is None:
            return None
        return ModuleSpec(fullname, _Loader(), origin=str(entry), is_package=entry.is_dir())


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return MirroredModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = (
            f"`{_THEIRS}.{'.'.join(_place(module.__name__))}`, with the hub's builders and weights."
        )


def install(package: ModuleType) -> None:
    """Makes `hubcore.models` the root of the mirrored tree."""
    own = package.__dict__.pop("__all__")
    package.__dict__.update(_own=own, _imported=package.__dict__.keys() - set(own))
    package.__class__ = MirroredModule
    if _Finder not in sys.meta_path:
        # Before the finder of files, which takes the folders of the stubs for packages.
        sys.meta_path.insert(0, _Finder)


def _place(module: str) -> tuple[str, ...]:
    """Where a module is below `hubcore.models`: () for that itself."""
    return tuple(module.split(".")[2:])


def _folder_entry(*place: str) -> Path | None:
    """torchvision's file or folder of a module, found without importing it; None if none is."""
    if not place or place[0] in _LEFT_OUT:
        return None
    for folder in package_folders("torchvision"):
        path = folder.joinpath("models", *place)
        for entry, file in ((path, path / "__init__.py"), (path.with_suffix(".py"),) * 2):
            if file.is_file():
                return entry
    return None


def _torchvisions(place: tuple[str, ...]) -> ModuleType:
    return import_module(".".join((_THEIRS, *place)))


# -- Ours


def _ours(place: tuple[str, ...], name: str) -> Any:
    """The hub's builder or weights of a name in a family's module, or None."""
    if _is_leaf(place):  # which of the family's names it has is for torchvision to say
        return None
    value = _of_catalog(_catalog(_family(place)), name)
    if value is None and not place:  # the other families' names, besides torchvision's
        for family in sorted(BUILT_IN):
            catalog = _catalog(family)
            if catalog is not None and name in {**catalog.models, **catalog.weights}:
                return _of_catalog(catalog, name)
    return value


def _is_leaf(place: tuple[str, ...]) -> bool:
    return ".".join(place) not in FAMILY_OF_MODULE


def _family(place: tuple[str, ...]) -> str:
    """The distribution of the family whose models are in a module."""
    return FAMILY_OF_MODULE.get(place[0] if place else "", FAMILY_OF_MODULE[""])


def _catalog(distribution: str) -> Catalog | None:
    found = (p.catalog for p in plugins() if p.distribution == distribution)
    return next((catalog for catalog in found if catalog is not None), None)


def _names_of(catalog: Catalog | None) -> Iterator[tuple[str, Any]]:
    if catalog is not None:
        # In torchvision.models.quantization, models have the names of those that they quantize.
        yield from ((model.export, model) for model in catalog.models.values())
        yield from catalog.weights.items()


def _names_of_ours(place: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [] if _is_leaf(place) else list(_names_of(_catalog(_family(place))))


def _of_catalog(catalog: Catalog | None, name: str) -> Any:
    if catalog is None:
        return None
    if name in catalog.weights:
        return weights_enum(catalog.weights[name])
    exported = (model for model in catalog.models.values() if model.export == name)
    model = next(exported, None) or catalog.models.get(name)
    return None if model is None else builder_of(model)


def _of_others(name: str) -> Any:
    """Another package's builder or weights of exactly this name, or None."""
    with suppress(HubError):
        model = find_model(name)
        if model.name == name:
            return builder_of(model)
    with suppress(HubError):
        weights = find_weights(name)
        if weights.name == name:
            return weights_enum(weights)
    return None


# -- torchvision's


def _theirs(place: tuple[str, ...], name: str) -> Any:
    """torchvision's own object, unless it is one in place of which the hub's stand."""
    value: Any
    try:
        value = getattr(_torchvisions(place), name, None)
    except ImportError:
        return None
    if isinstance(value, ModuleType) and value.__name__.startswith(f"{_THEIRS}."):
        return import_module(_OURS + value.__name__.removeprefix(_THEIRS))
    if getattr(value, "__module__", "") == f"{_THEIRS}._api":
        return vars(sys.modules[_OURS]).get(name, value)
    if _is_replaced(value):  # wherever it is imported, its counterpart is that of its home
        return _of_catalog(_catalog(_family(_place(value.__module__))), value.__name__)
    return value


def _is_replaced(value: object) -> bool:
    """Whether an object is a builder or weights."""
    api = sys.modules[f"{_THEIRS}._api"]
    if isinstance(value, FunctionType):
        return value in api.BUILTIN_MODELS.values()
    return isinstance(value, type) and issubclass(value, api.WeightsEnum)


def _hint(place: tuple[str, ...], name: str) -> str:
    """What to do about a name that nobody has."""
    try:
        theirs = getattr(_torchvisions(place), name, None)
    except ImportError as error:
        return f" torchvision, which may have it, cannot be imported ({error})."
    if theirs is not None and _is_replaced(theirs):
        family = _family(_place(theirs.__module__))
        if _catalog(family) is None:
            return f" The package that offers it is not installed: pip install {family}"
        return f" The installed {family} does not have it."
    if place:
        return ""
    try:
        find_model(name)
    except HubError as error:
        return f" {error}"
    return " Names of models and weights are spelt exactly here; get_model takes any case."
