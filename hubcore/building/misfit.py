"""Says how a checkpoint misses a model, and which model it would fit."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ..catalogs.allowed import without_loading
from ..catalogs.catalog import ModelEntry

__all__ = ["misfit"]

_SHOWN = 3
_TRIED = 12


def misfit(model: ModelEntry, tensors: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Describes how tensors differ from a model's.

    Args:
        model: the model that they should fit.
        tensors: the checkpoint's state dict.
        config: the arguments that the model was to be built with.

    Returns:
        Sentences: how many names fit, the first that don't, and which model would fit.
    """
    expected = _expected(model, config)
    if expected is None:
        return "its tensors have other names or shapes."
    given = _shapes(tensors)
    fitting = [name for name, shape in expected.items() if given.get(name) == shape]
    shapes = [
        f"'{name}' is {list(given[name])}, not {list(shape)}"
        for name, shape in expected.items()
        if name in given and given[name] != shape
    ]
    missing = [f"'{name}' is missing" for name in expected if name not in given]
    unknown = [f"'{name}' is not in the model" for name in given if name not in expected]
    faults = [*shapes[:_SHOWN], *missing[:_SHOWN], *unknown[:_SHOWN]]
    count = len(shapes) + len(missing) + len(unknown)
    text = f"{len(fitting)} of the model's {len(expected)} tensors fit. "
    text += "; ".join(faults[:_SHOWN] if shapes or not unknown else [*missing[:2], *unknown[:1]])
    if count > _SHOWN:
        text += f"; and {count - _SHOWN} more"
    other = next(_others(model, given), None)
    return f"{text}." + (f" They fit the model '{other}'." if other else "")


def _shapes(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(getattr(value, "shape", ())) for name, value in tensors.items()}


def _expected(model: ModelEntry, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]] | None:
    """The shapes of a model's tensors, without memory for them; None if that cannot be known."""
    build: Callable[..., nn.Module] = model.architecture.build
    arguments = {**model.architecture.keywords, **config}
    try:
        arguments |= without_loading(build)  # nothing is downloaded for an explanation
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _shapes(build(**arguments).state_dict())
    except Exception:  # an architecture may do anything, and this only explains another error
        return None


def _others(model: ModelEntry, given: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Models of the same catalogue that the tensors fit, but for the number of classes."""
    size = sum(math.prod(shape) for shape in given.values())
    for other in _by_likeness(model, size)[:_TRIED]:
        expected = _expected(other, {})
        if expected is None or expected.keys() != given.keys():
            continue
        head = tuple(f"{path}." for path in other.head)
        if all(given[n] == s for n, s in expected.items() if not (head and n.startswith(head))):
            yield other.name


def _by_likeness(model: ModelEntry, size: int) -> list[ModelEntry]:
    """Models of about as many parameters, the most alike first. A new head may change many."""
    found = []
    for other in model.catalog.models.values():
        weights = model.catalog.weights.get(other.weights or "")
        if other.name == model.name or weights is None:
            continue
        known = next(iter(weights.members.values())).get("meta", {}).get("num_params")
        if size and known and 0.5 < size / known < 2:
            found.append((abs(math.log(size / known)), other.name, other))
    return [other for *_, other in sorted(found, key=lambda one: one[:2])]
