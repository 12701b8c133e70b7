"""Builds models with made-up weights, so that nothing has to be downloaded.

They are built on torch's meta device, where tensors have shapes but no data. Architectures that
compute with tensors while they are built get real memory, without random initialisation.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import torch
from torch import nn

from ..building.builders import builder_of
from ..building.skip_init import SkipRandomInit
from ..catalogs.catalog import ModelEntry
from ..errors import WeightsError
from ..weights.enums import WeightsEnum

__all__ = ["Blank", "build_with", "default_config", "shapes_for", "without_data"]

T = TypeVar("T")

_known: dict[ModelEntry, list[tuple[Any, Mapping[str, Any]]]] = {}


class Blank:
    """Weights with the facts of real ones, but other tensors.

    Args:
        real: the real weights.
        tensors: the tensors by name, in place of the real ones.
    """

    def __init__(self, real: WeightsEnum, tensors: Mapping[str, Any]) -> None:
        self.url = real.url
        self.transforms = real.transforms
        self.meta = real.meta
        self.value = real.value
        self.name = real.name
        self._tensors = tensors

    @classmethod
    def of(cls, real: WeightsEnum, tensors: Mapping[str, Any]) -> Blank:
        """Makes weights whose class has the name of the real enum: builders look for it."""
        made: Blank = type(type(real).__name__, (cls,), {})(real, tensors)
        return made

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The tensors by name. Arguments are accepted for compatibility and ignored."""
        return self._tensors

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


def without_data(build: Callable[[], T]) -> T:
    """Calls ``build`` on the meta device, or else without random initialisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some builders warn of slow initialisation
        try:
            with torch.device("meta"):
                return build()
        except (NotImplementedError, RuntimeError) as error:
            if "meta" not in str(error):
                raise
        with SkipRandomInit():
            return build()


def shapes_for(model: ModelEntry, weights: WeightsEnum) -> Blank:
    """Makes weights whose tensors have the names and shapes that the model expects.

    Most weights of a model have the same shapes, so they are cached.

    Args:
        model: the model.
        weights: the real weights, whose facts are used.

    Raises:
        WeightsError: the model does not load the tensors that it has when built without weights.
        TypeError, ValueError: the architecture does not take the arguments.
    """
    facts = (default_config(model, weights), weights.meta.get("min_size"))
    for known, tensors in _known.get(model, ()):
        if known == facts:
            return Blank.of(weights, tensors)
    found = _find_shapes(model, weights)
    _known.setdefault(model, []).append((facts, found.get_state_dict()))
    return found


def _find_shapes(model: ModelEntry, weights: WeightsEnum) -> Blank:
    errors = []
    for guess in _guesses(model, weights):
        try:
            return without_data(partial(_fitting, model, weights, guess))
        except (WeightsError, TypeError, ValueError) as error:
            errors.append(error)
    raise errors[0]


def build_with(model: ModelEntry, weights: Any, **config: Any) -> nn.Module:
    """Builds a model, without data where possible.

    Args:
        model: the model.
        weights: the weights, such as those of `shapes_for`, or None.
        **config: further arguments of the builder.
    """
    return without_data(partial(builder_of(model), weights=weights, **config))


def _fitting(model: ModelEntry, weights: WeightsEnum, config: Mapping[str, Any]) -> Blank:
    blank = builder_of(model)(weights=None, **default_config(model, weights), **config)
    candidate = Blank.of(weights, blank.state_dict())
    builder_of(model)(weights=candidate)
    return candidate


def default_config(model: ModelEntry, weights: WeightsEnum) -> dict[str, Any]:
    """The arguments that the hub would pass for these weights."""
    config = dict(weights.value.config)
    classes = weights.meta.get("categories") or range(weights.meta.get("num_classes") or 0)
    if model.head and len(classes):
        config["num_classes"] = len(classes)
    if model.in_chans and "in_chans" in weights.meta:
        config[model.in_chans["argument"]] = weights.meta["in_chans"]
    if "backbone" in model.data:
        config["weights_backbone"] = None
    return config


def _guesses(model: ModelEntry, weights: WeightsEnum) -> Iterator[dict[str, Any]]:
    """Arguments that the weights may decide, as in some of torchvision's builders."""
    yield {}
    if "min_size" in weights.meta:
        yield {"image_size": weights.meta["min_size"][0]}
    if "aux_loss" in inspect.signature(model.architecture.func).parameters:
        yield {"aux_loss": True}
