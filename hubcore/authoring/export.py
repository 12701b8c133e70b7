"""Exports existing weights enums as a catalogue.

It is for modules that follow torchvision's pattern: enums whose members have ``url``,
``transforms``, ``meta`` and ``get_state_dict()``, and functions that take them as ``weights=``. The
catalogue refers to the module's own functions and preprocessing, so it is used along with the
module, not instead of it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from types import ModuleType
from typing import Any, get_args

from ..download.addresses import digest_in_name, scheme
from ..download.huggingface import is_fixed
from ..errors import HubError
from ..packages.references import resolve
from ..protocols import WeightsLike
from .arguments import plain, reference_to

__all__ = ["ExportError", "addressed", "dumps", "export_module", "published"]

# The hub's classes do the same as torchvision's presets of the same names, and take arguments that
# JSON can represent.
_PRESETS = "torchvision.transforms._presets"
_OWN = "hubcore.transforms"

_FIXED = re.compile(
    r"https://(?:huggingface\.co|hf\.co)/([^/]+/[^/]+)/resolve/([0-9a-f]{40})/([^?#@%]+)"
)
"""The address of a file at a commit of a repository on Hugging Face's hub."""


class ExportError(HubError, ValueError):
    """A module cannot be exported as a catalogue."""


def export_module(
    module: ModuleType,
    builders: Mapping[str, str] | None = None,
    task: str = "image-classification",
    report: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Makes a catalogue of the weights enums that a module offers.

    Args:
        module: the imported module.
        builders: the model that each enum's members fit, by the enum's name. An enum that is not
            in it needs a function in the module whose ``weights`` parameter is annotated with it.
        task: the task of the models.
        report: called with a message for each fact that the author has to add, or that was left
            out because JSON cannot represent it.

    Returns:
        The catalogue, ready for JSON.

    Raises:
        ExportError: the module has no such enums, or the model that an enum belongs to is unknown.
    """
    given = builders or {}
    enums = dict(_enums(module))
    if not enums:
        raise ExportError(
            f"The module '{module.__name__}' has no enums whose members have url, transforms, "
            f"meta and get_state_dict()."
        )
    functions = _functions(module, enums)
    homeless = [name for name in enums if name not in given and name not in functions]
    if homeless:
        raise ExportError(
            f"No function of '{module.__name__}' has a 'weights' parameter annotated with these "
            f"enums: {', '.join(homeless)}. Name the models that they fit: --builder "
            f"{homeless[0]}=resnet50"
        )
    models: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for name, enum in enums.items():
        builder = given.get(name)
        if builder is None:
            builder = functions[name]
            models[builder] = {
                "task": task,
                "architecture": f"{module.__name__}:{builder}",
                "loads_weights": True,
                "weights": name,
            }
        weights[name] = _enum(module, enum, builder, report)
    return {"schema": 1, **({"models": models} if models else {}), "weights": weights}


def addressed(url: str) -> dict[str, Any]:
    """The address of weights and what is known of their digest: no ``sha256`` if nothing is."""
    if digest := digest_in_name(url):
        return {"url": url, "sha256": digest}
    if fixed := _FIXED.fullmatch(url):
        url = f"hf://{fixed[1]}/{fixed[3]}@{fixed[2]}"
    # A repository states the digests of its files at a commit.
    return {"url": url, "sha256": None} if scheme(url) == "hf" and is_fixed(url) else {"url": url}


def published(reference: str) -> Any:
    """Imports the object that a reference names.

    Exported catalogues call it, as ``["hubcore.authoring.export:published", {...}]``, where a
    module offers its preprocessing as a ready-made object instead of a function that makes one.

    Args:
        reference: ``"module:attribute"``.

    Raises:
        HubError: there is no such object.
    """
    return resolve(reference)


def dumps(value: Any, indent: int = 0) -> str:
    """Formats a value as JSON, with each part on one line if it fits in about 100 columns.

    Args:
        value: the value.
        indent: the number of spaces before the value's lines.

    Raises:
        TypeError: JSON cannot represent a part of the value.
        ValueError: a number is NaN or infinite.
    """
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(line) + indent <= 90 or not isinstance(value, dict | list) or not value:
        return line
    inner = " " * (indent + 1)
    if isinstance(value, list):
        parts = [dumps(item, indent + 1) for item in value]
        opening, closing = "[]"
    else:
        parts = [f"{json.dumps(k)}: {dumps(v, indent + 1)}" for k, v in value.items()]
        opening, closing = "{}"
    body = ",\n".join(inner + part for part in parts)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def _enums(module: ModuleType) -> Iterator[tuple[str, type[Enum]]]:
    """The weights enums that the module defines, or offers from its own package."""
    package = module.__name__.partition(".")[0]
    for name, value in sorted(vars(module).items()):
        if (
            isinstance(value, type)
            and issubclass(value, Enum)
            and value.__module__.partition(".")[0] == package
            and len(value)
            and all(isinstance(member, WeightsLike) for member in value)
        ):
            yield name, value


def _functions(module: ModuleType, enums: Mapping[str, type[Enum]]) -> dict[str, str]:
    """The name of the function that takes each enum, by the enum's name."""
    found: dict[str, str] = {}
    names = {enum: name for name, enum in enums.items()}
    for function_name, function in sorted(vars(module).items()):
        if not inspect.isfunction(function) or function_name.startswith("_"):
            continue
        try:
            parameter = inspect.signature(function, eval_str=True).parameters.get("weights")
        except (NameError, TypeError, ValueError):
            continue
        if parameter is None:
            continue
        for annotation in (parameter.annotation, *get_args(parameter.annotation)):
            if isinstance(annotation, type) and annotation in names:
                found.setdefault(names[annotation], function_name)
    return found


def _enum(
    module: ModuleType, enum: type[Enum], builder: str, report: Callable[[str], object]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"builder": builder}
    default = enum.__members__.get("DEFAULT")
    if default is not None:
        entry["default"] = default.name
    aliases = {
        alias: member.name
        for alias, member in enum.__members__.items()
        if alias not in ("DEFAULT", member.name)
    }
    if aliases:
        entry["aliases"] = aliases
    entry["members"] = {member.name: _member(module, enum, member, report) for member in enum}
    bare = [name for name, member in entry["members"].items() if member["license"] == "unknown"]
    if bare:
        report(
            f'{enum.__name__}: no licence is stated, so "unknown" is written, for '
            f'{", ".join(bare)}. Where you know it, set "license".'
        )
    return entry


def _member(
    module: ModuleType, enum: type[Enum], member: Any, report: Callable[[str], object]
) -> dict[str, Any]:
    data: dict[str, Any] = addressed(member.url)
    if "sha256" not in data:
        report(f'{member}: its address carries no digest. Add "sha256" to the catalogue.')
    meta = {}
    for key, value in member.meta.items():
        try:
            meta[key] = plain(value)
        except TypeError:
            report(
                f"{member}: meta['{key}'] is left out: JSON cannot represent a value of type "
                f"{type(value).__name__}."
            )
    data["license"] = str(meta.get("license", "unknown"))
    data["transforms"] = _transforms(module, enum, member)
    data["meta"] = meta
    return data


def _transforms(module: ModuleType, enum: type[Enum], member: Any) -> Any:
    transforms = member.transforms
    function = transforms.func if isinstance(transforms, partial) else transforms
    keywords = transforms.keywords if isinstance(transforms, partial) else {}
    home, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if home == _PRESETS:
        home = _OWN
    named = (
        isinstance(home, str) and name and "<" not in name and not getattr(transforms, "args", ())
    )
    if named and _is_callable(f"{home}:{name}"):
        try:
            return reference_to(f"{home}:{name}", keywords)
        except TypeError:
            pass
    reference = f"{module.__name__}:{enum.__name__}.{member.name}.transforms"
    # A partial or a class makes the preprocessing; any other object is the preprocessing.
    if type(transforms).__module__ == "functools" or isinstance(transforms, type):
        return reference
    return ["hubcore.authoring.export:published", {"reference": reference}]


def _is_callable(reference: str) -> bool:
    try:
        return callable(resolve(reference))
    except HubError:
        return False
