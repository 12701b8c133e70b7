"""Facts read from the installed torchvision: builders, their legacy interface, weights, heads."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torchvision import models
from torchvision.models import WeightsEnum
from torchvision.transforms import _presets

from .families import Family

Builder = Callable[..., torch.nn.Module]


def builders(family: Family) -> dict[str, Builder]:
    """The registered builders of a family, by model name."""
    module = importlib.import_module(family.module)
    return {name: models.get_model_builder(name) for name in models.list_models(module)}


def parameters(builder: Builder) -> dict[str, inspect.Parameter]:
    """The keyword-only parameters of a builder, in order."""
    return {
        name: parameter
        for name, parameter in inspect.signature(builder).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def weights_enums(annotation: Any) -> list[type[WeightsEnum]]:
    """The weights enumerations of a parameter's annotation, the model's own first."""
    kinds = (annotation, *getattr(annotation, "__args__", ()))
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, WeightsEnum)]


def legacy_defaults(builder: Builder) -> dict[str, Callable[[dict[str, Any]], WeightsEnum | None]]:
    """For each weights parameter, the function from legacy keyword arguments to a member.

    torchvision keeps these in the closure of the decorated builder and nowhere else.
    """
    function: Any = builder
    while function is not None:
        found = inspect.getclosurevars(function).nonlocals.get("weights")
        if isinstance(found, dict):
            return {
                parameter: default if callable(default) else partial(_constant, default)
                for parameter, (_, default) in found.items()
            }
        function = getattr(function, "__wrapped__", None)
    return {}


def _constant(member: WeightsEnum | None, _: dict[str, Any]) -> WeightsEnum | None:
    return member


def effective(transforms: Callable[[], Any]) -> tuple[str, dict[str, Any]]:
    """The class and the attributes of a preprocessing, whatever arguments gave them."""
    module = transforms()
    return type(module).__name__, _plain_attributes(module)


def effective_of(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a preprocessing that a catalogue names, in torchvision's class."""
    arguments = dict(arguments)
    if "interpolation" in arguments:
        from torchvision.transforms import InterpolationMode

        arguments["interpolation"] = InterpolationMode(arguments["interpolation"])
    module = getattr(_presets, name)(**arguments)
    return _plain_attributes(module)


def _plain_attributes(module: torch.nn.Module) -> dict[str, Any]:
    inherited = vars(torch.nn.Module())
    return {key: value for key, value in vars(module).items() if key not in inherited}


@cache
@cache
def head(builder: Builder) -> list[str]:
    """The modules whose tensors change shape with ``num_classes``, in state-dict order.

    Segmentation models are made with their auxiliary classifier, as their published weights
    have it.
    """
    known = parameters(builder)
    fixed = {name: None for name in ("weights_backbone",) if name in known}
    if "aux_loss" in known:
        fixed["aux_loss"] = True  # type: ignore[assignment]
    try:
        small, large = (_shapes(builder, num_classes=n, **fixed) for n in (7, 11))
    except TypeError:  # the architecture has no classes (optical flow)
        return []
    changed = (key for key, shape in small.items() if large[key] != shape)
    return list(dict.fromkeys(key.rpartition(".")[0] for key in changed))


def num_params(builder: Builder) -> int:
    """The number of parameters of a detector, as torchvision counts it."""
    with _NoMemory():
        return sum(parameter.numel() for parameter in builder(weights_backbone=None).parameters())


class _NoMemory(TorchFunctionMode):
    """The tensors that layers are made of stand on the meta device.

    ``torch.device("meta")`` would take along the small tensors that RegNet computes its widths
    with, which must have values.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.empty, torch.zeros, torch.ones):
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def _shapes(builder: Builder, **arguments: Any) -> dict[str, torch.Size]:
    with warnings.catch_warnings(), _NoMemory():
        warnings.simplefilter("ignore")  # googlenet and inception announce an initialisation change
        return {key: value.shape for key, value in builder(**arguments).state_dict().items()}
