"""What a catalogue may name, by where it comes from: data runs nothing that no package brought.

An installed distribution may name any object: whoever installed it runs its code anyway. All other
catalogues (from a bundle, in the store's folder, by `register`) may name only the models and
preprocessing of hubcore, torchvision and the built-in families. What a user registers may also name
the classes and functions of the running program. The user can lift this for a catalogue.
"""

from __future__ import annotations

import enum
import functools
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from ..errors import CatalogError, StoreError
from ..packages.folders import package_folders
from ..packages.references import Reference, resolve
from .known_packages import BUILT_IN
from .values import LOADING

__all__ = [
    "DataReference",
    "Origin",
    "is_trusted",
    "own_modules",
    "references",
    "refused",
    "trust",
    "without_loading",
]


class Origin(enum.Enum):
    """Where a catalogue comes from, which decides what it may name."""

    INSTALLED = "installed"
    """An installed distribution, or what the user trusts as much: any object."""
    REGISTERED = "registered"
    """`register`: what every catalogue may name, and the objects of the running program."""
    DATA = "data"
    """A file: only what every catalogue may name."""


_FAMILIES = frozenset(name.replace("-", "_") for name in BUILT_IN)
_TORCHVISION = ("torchvision.models", "torchvision.transforms._presets", "torch.nn")
# Gives a ready-made object instead of calling it; only of the running program.
_PUBLISHED = "hubcore.authoring.export:published"
_TRUST_FILE = "trusted"


class DataReference(Reference):
    """A reference of a catalogue that no installed distribution brought.

    Attributes:
        origin: where the catalogue comes from.
        remedy: what the user does to let it name any object.
        converts: whether it is called with a checkpoint, and not to make a model or preprocessing.
        is_inside: whether it stands in the arguments of another.
    """

    __slots__ = ("converts", "is_inside", "origin", "remedy")
    origin: Origin
    remedy: str
    converts: bool
    is_inside: bool

    @classmethod
    def of(
        cls, value: object, origin: Origin, remedy: str, *, converts: bool = False
    ) -> DataReference:
        """A reference from its JSON value, as `Reference.from_json` takes it."""
        made = cls.from_json(value)
        made.origin, made.remedy, made.converts, made.is_inside = origin, remedy, converts, False
        return made

    def _inside(self, value: object) -> DataReference:
        made = DataReference.of(value, self.origin, self.remedy)
        made.is_inside = True
        return made

    @property
    def func(self) -> Any:
        """The callable itself, imported; see `Reference.func`.

        Raises:
            CatalogError: a catalogue of this origin may not name it.
        """
        reason = refused(self, self.origin)
        if reason is None:
            found = resolve(self.target)  # a module's attribute, see `refused`
            if self.target == _PUBLISHED:
                inner = str(self.keywords["reference"])
                made, module = resolve(inner), inner.partition(":")[0]
                if _is_own_program(module) and _is_own_program_object(made):
                    return found
            elif _is_allowed(found, self.target, self.origin, self.converts):
                # Called by what it is given to, or with positional arguments, a builder might
                # fetch weights; a class of modules never does.
                as_asked = self.is_inside or "*" in self.keywords
                if not as_asked or isinstance(found, type) or self._is_own():
                    return found
                reason = "a data file names classes in arguments, and gives '*' to classes, only"
                raise self._refusal(reason)
            what = (
                "function that converts checkpoints" if self.converts else "model or preprocessing"
            )
            reason = f"it is no {what} that a data file may name"
        raise self._refusal(reason)

    def _refusal(self, reason: str) -> CatalogError:
        return CatalogError(
            f"'{self.target}' is not used: {reason}. Only an installed package may name any code. "
            f"If you know who made this catalogue and trust them to run code: {self.remedy}"
        )

    def _is_own(self) -> bool:
        module = self.target.partition(":")[0]
        return self.origin is Origin.REGISTERED and _is_own_program(module)


def without_loading(build: Any) -> dict[str, None]:
    """The arguments with which a data file's architecture loads no weights by itself.

    A detector of torchvision's would fetch those of its backbone unless it is told not to.
    """
    import inspect

    return dict.fromkeys(inspect.signature(build).parameters.keys() & (LOADING - {"weights"}))


def refused(reference: Reference, origin: Origin = Origin.DATA) -> str | None:
    """Why a catalogue of this origin may not name an object, as far as its name tells.

    Imports nothing. None if nothing speaks against the name.
    """
    if reference.target == _PUBLISHED and set(reference.keywords) == {"reference"}:
        return refused(Reference(str(reference.keywords["reference"])), origin)
    module, _, attribute = reference.target.partition(":")
    if not attribute.isidentifier() or attribute.startswith("_"):
        return "a data file names a public class or function of a module, without further dots"
    loading = sorted(key for key in LOADING & reference.keywords.keys() if reference.keywords[key])
    if loading:
        return f"'{loading[0]}' would load weights that the store did not verify"
    if module == "hubcore.transforms" or _in_torchvision(module) or _family(module):
        return None
    if origin is Origin.REGISTERED and _is_own_program(module):
        return None
    return "it is not of hubcore, torchvision's models and presets, or a built-in family" + (
        ", nor of the running program" if origin is Origin.REGISTERED else ""
    )


def trust(path: Path) -> None:
    """Notes that the user trusts a catalogue file in its present content, as an installed package.

    Raises:
        OSError: the file cannot be read, or the note not written.
        StoreError: others can write to the file or the note, so that the note proves nothing.
    """
    from ..store.ownership import write_private

    notes = path.with_name(_TRUST_FILE)
    known = notes.read_text("utf-8").split() if _is_ours(notes) else []
    digests = dict.fromkeys([*known, _digest(path)])
    write_private(notes, "".join(f"{digest}\n" for digest in digests))
    if not is_trusted(path):
        raise StoreError(
            f"{path} cannot be trusted: others can write to it, or to a folder that it is in. If "
            f"nobody else need write there: chmod -R go-w {path.parent.parent}"
        )


def is_trusted(path: Path) -> bool:
    """Whether `trust` was called for a catalogue file with its present content.

    Notes that others could have written are not believed: they would let others run code here.
    """
    notes = path.with_name(_TRUST_FILE)
    try:
        known = notes.read_text("utf-8").split()
        return _digest(path) in known and _is_ours(notes) and _is_ours(path)
    except (OSError, ValueError):
        return False


def _is_ours(path: Path) -> bool:
    from ..store.ownership import is_ours_alone  # the store is not needed to list

    return is_ours_alone(path, path.parent)


def references(data: Mapping[str, Any]) -> Iterator[Reference]:
    """All references of a checked catalogue, those in the arguments of others included."""
    for _, reference in _references(data):
        yield reference
        yield from reference.inner()


def _references(data: Mapping[str, Any]) -> Iterator[tuple[str, Reference]]:
    for model in data.get("models", {}).values():
        yield "architecture", Reference.from_json(model["architecture"])
    for weights in data.get("weights", {}).values():
        for member in weights["members"].values():
            for key in ("transforms", "convert"):
                if key in member:
                    yield key, Reference.from_json(member[key])


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _in_torchvision(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in _TORCHVISION)


def _family(module: str) -> str | None:
    """The package of the built-in family that a module is of."""
    package = module.partition(".")[0]
    return package if package in _FAMILIES else None


def _is_allowed(found: Any, target: str, origin: Origin, converts: bool) -> bool:
    """Whether the object itself is what its name says: a model, preprocessing or own code.

    A module may hold objects of others, such as a function that it imports.
    """
    module, _, name = target.partition(":")
    family = _family(module)
    if family and target in _named_by(family, converts):
        return True
    if not isinstance(found, (type, FunctionType)):
        return False
    home = str(found.__module__)
    if origin is Origin.REGISTERED and _is_own_program(module):
        return _is_own_program(home)
    if converts:
        return False
    if module == "hubcore.transforms":
        from .. import transforms

        return name in transforms.__all__
    if family and (home == family or home.startswith(f"{family}.")):
        return _is_model(found)
    return _in_torchvision(home) and (_is_model(found) or _is_preset(home, found))


def _is_model(found: Any) -> bool:
    from torch import nn
    from torchvision.models import _api

    if isinstance(found, type):
        return issubclass(found, nn.Module)
    return any(found is builder for builder in _api.BUILTIN_MODELS.values())


def _is_preset(home: str, found: Any) -> bool:
    return home == "torchvision.transforms._presets" and isinstance(found, type)


@functools.cache
def _named_by(family: str, converts: bool) -> frozenset[str]:
    """The objects that an installed built-in family's own catalogue names, of either kind."""
    import json

    for folder in package_folders(family):
        file = folder / "catalog.json"
        if file.is_file():
            data = json.loads(file.read_text("utf-8"))
            found = ((key == "convert", reference) for key, reference in _references(data))
            return frozenset(reference.target for kind, reference in found if kind == converts)
    return frozenset()


def own_modules(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The modules of the running program that a catalogue names."""
    named = dict.fromkeys(reference.target.partition(":")[0] for reference in references(data))
    return tuple(module for module in named if module != "__main__" and _is_own_program(module))


def _is_own_program_object(made: Any) -> bool:
    from torch import nn

    home = getattr(made, "__module__", type(made).__module__)
    return isinstance(made, nn.Module) or _is_own_program(str(home))


def _is_own_program(module: str) -> bool:
    """Whether a module is of the user's running program.

    It is imported already, and belongs neither to Python nor to an installed package.
    """
    import sysconfig

    loaded = sys.modules.get(module)
    if loaded is None or module.partition(".")[0] in {"hubcore", "builtins", *_FAMILIES}:
        return False
    spec = getattr(loaded, "__spec__", None)
    file = getattr(loaded, "__file__", None)
    if file is None:  # an interactive session, or python -c; Python's own modules have a spec
        return spec is None or module == "__main__"
    path = Path(file).resolve()
    paths = sysconfig.get_paths()
    others = {Path(paths[key]).resolve() for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return not any(folder in path.parents for folder in others) and not (
        {"site-packages", "dist-packages"} & set(path.parts)
    )
