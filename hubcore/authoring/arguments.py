"""What a catalogue writes for values of Python: JSON, with references for code."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import Enum
from functools import cache, partial
from typing import Any

from ..catalogs.catalog import LABELS
from ..errors import HubError
from ..packages.references import resolve
from ..protocols import WeightsLike

__all__ = ["as_argument", "plain", "reference_to"]


def plain(value: Any) -> Any:
    """What a catalogue writes for a fact.

    Raises:
        TypeError: JSON cannot represent it.
    """
    if isinstance(value, Enum):
        if isinstance(value, WeightsLike):
            return f"@{type(value).__name__}.{value.name}"
        return plain(value.value)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        raise TypeError("an infinite number")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys must be strings")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        shared = next((name for name, names in _labels().items() if names == list(value)), None)
        return f"@{shared}" if shared else [plain(item) for item in value]
    raise TypeError(type(value).__name__)


def as_argument(value: Any) -> Any:
    """What a catalogue writes for an argument, with references for classes, functions and partials.

    Raises:
        TypeError: JSON cannot hold it, and no import finds it.
    """
    if isinstance(value, partial):
        arguments = {**({"*": value.args} if value.args else {}), **value.keywords}
        return {"@object": reference_to(value.func, arguments)}
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return {"@object": reference_to(value, {})}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of a dict in its arguments must be strings")
        return {key: as_argument(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_argument(item) for item in value]
    return plain(value)


def reference_to(called: Any, arguments: Mapping[str, Any]) -> Any:
    """A reference to a callable, or to its ``"module:attribute"``, as catalogues write it.

    Raises:
        TypeError: JSON cannot hold an argument, or no import finds the callable.
    """
    if isinstance(called, partial):
        arguments = {**({"*": called.args} if called.args else {}), **called.keywords, **arguments}
        called = called.func
    name = called if isinstance(called, str) else f"{called.__module__}:{called.__qualname__}"
    if not isinstance(called, str):
        try:
            found = resolve(name)
        except HubError:
            found = None
        if found is not called:
            raise TypeError(f"{name} cannot be imported: define it at the top of a module")
    made = {key: as_argument(value) for key, value in arguments.items()}
    return [name, made] if made else name


@cache
def _labels() -> dict[str, list[str]]:
    """The lists of categories that come with the hub, by name."""
    return {file.stem: json.loads(file.read_text("utf-8")) for file in LABELS.glob("*.json")}
