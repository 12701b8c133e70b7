"""Assembly: an architecture and weights become a model.

Two kinds of architecture are served. A multi-weight builder (the catalogue says
``loads_weights``) takes ``weights=`` and loads the tensors itself, as torchvision's do. Any other
callable takes configuration only, and the hub loads the tensors into what it returns.
"""

from __future__ import annotations

import logging
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from ..catalogs.catalog import ModelEntry
from ..errors import WeightsError
from ..packages import hooks
from ..protocols import WeightsLike
from .assigning import AssignedStateDict
from .skip_init import SkipRandomInit
from .torchvision_bridge import stand_in

__all__ = ["LoadReport", "assemble", "load_report"]

logger = logging.getLogger("hubcore")


@dataclass(frozen=True)
class LoadReport:
    """What became of the weights.

    Attributes:
        weights: the weights.
        loaded: state-dict keys of the model whose tensors came from the weights.
        new: keys of a new head, which has random values and wants training.
    """

    weights: WeightsLike
    loaded: tuple[str, ...]
    new: tuple[str, ...]


class _Loaded(NamedTuple):
    """What a report is made from when someone asks: most never do."""

    weights: WeightsLike
    module: weakref.ref[nn.Module]
    new: tuple[str, ...]


_loaded: weakref.WeakKeyDictionary[nn.Module, _Loaded] = weakref.WeakKeyDictionary()


def load_report(model: nn.Module) -> LoadReport | None:
    """Which of a model's tensors were loaded and which are new; None if it has no weights."""
    found = _loaded.get(model)
    if found is None:
        return None
    keys = list((found.module() or model).state_dict())
    new = tuple(key for key in keys if found.new and key.startswith(found.new))
    return LoadReport(found.weights, tuple(key for key in keys if key not in new), new)


def assemble(
    model: ModelEntry, weights: WeightsLike | None, progress: bool, config: Mapping[str, Any]
) -> nn.Module:
    """Builds a model.

    Args:
        model: the catalogue's entry.
        weights: what to load, or None for torchvision's initialisation.
        progress: show a progress bar while downloading.
        config: arguments of the architecture. A ``num_classes`` other than the weights' own keeps
            the body and gives the model a new head.

    Raises:
        WeightsError: the weights do not fit the model.
        ValueError: an argument contradicts the weights.
    """
    architecture = model.architecture
    build = architecture.func
    arguments = {**architecture.keywords, **config}
    if weights is None:
        return _finished(model, _blank(model, build, progress, arguments), None)

    _require(model, weights, arguments)
    tensors = weights.get_state_dict(progress=progress, check_hash=True)
    own_classes = _class_count(weights)
    if own_classes is None and model.head:
        own_classes = _class_count_by_shape(model, build, weights, tensors, arguments)
    classes = arguments.get("num_classes")
    new_head: dict[str, torch.Tensor] = {}
    if classes is not None and own_classes is not None and classes != own_classes:
        new_head = _head(model, tensors, _blank_but_head(model, build, progress, arguments))
        if arguments.get("quantize") and not new_head.keys() <= tensors.keys():
            # Weights of quantization-aware training, which become integers after loading.
            floats = {**arguments, "quantize": False}
            new_head = _head(model, tensors, _blank_but_head(model, build, progress, floats))
        tensors = _replaced(tensors, new_head)
    elif model.head and own_classes is not None:
        arguments["num_classes"] = classes = own_classes
    try:
        # A parameter that the strict load below does not overwrite would be an error, so nothing
        # is left without values.
        quantized = bool(arguments.get("quantize"))
        with SkipRandomInit(zeros=quantized) as skipping:
            if quantized:  # it runs the float model once, which wants numbers in it
                arguments["quantize"] = _Quantize(skipping)
            if model.loads_weights:
                meta = dict(weights.meta)
                if classes is not None and len(meta.get("categories") or ()) != classes:
                    meta["categories"] = [f"class {index}" for index in range(classes)]
                guise = stand_in(build, "weights", weights, meta, tensors, skipping.stop)
                module: nn.Module = build(weights=guise, progress=progress, **arguments)
            else:
                module = build(**arguments)
        if not model.loads_weights:
            module.load_state_dict(AssignedStateDict(tensors), strict=True)
    except RuntimeError as error:
        if not str(error).startswith("Error(s) in loading state_dict"):
            raise
        raise WeightsError(
            f"The weights {weights} do not fit the model '{model.name}'. {error}"
        ) from error
    _loaded[module] = _Loaded(weights, weakref.ref(module), _paths(model) if new_head else ())
    if new_head:
        logger.info(
            "%s: %d tensors loaded from %s; new and untrained: %s",
            model.name,
            len(tensors) - len(new_head),
            weights,
            ", ".join(new_head),
        )
    return _finished(model, module, weights)


def _finished(model: ModelEntry, module: nn.Module, weights: WeightsLike | None) -> nn.Module:
    """The model as installed hooks want it, with its report."""
    finished = hooks.wrap_model(module, model.canonical, weights)
    if finished is not module and module in _loaded:
        _loaded[finished] = _loaded[module]
    return finished


def _blank(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """The model without weights of its own, initialised as its authors do."""
    if not model.loads_weights:
        return build(**arguments)
    arguments = dict(arguments)
    backbone = arguments.get("weights_backbone")
    if backbone is not None:
        tensors = backbone.get_state_dict(progress=progress, check_hash=True)
        arguments["weights_backbone"] = stand_in(
            build, "weights_backbone", backbone, backbone.meta, tensors
        )
    return build(weights=None, progress=progress, **arguments)


def _blank_but_head(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """A blank model of which only the head is sure to be initialised: that is soon done."""
    if arguments.get("quantize"):
        return _blank(model, build, progress, arguments)
    with SkipRandomInit() as draft:
        parameters = _blank(model, build, progress, arguments).named_parameters()
    head = {draft.number_of(p) for name, p in parameters if name.startswith(_paths(model))}
    with SkipRandomInit(keep=head):
        return _blank(model, build, progress, arguments)


def _require(model: ModelEntry, weights: WeightsLike, arguments: dict[str, Any]) -> None:
    """Takes over the arguments that the weights need."""
    needed = getattr(getattr(weights, "value", None), "config", None) or {}
    for name, value in needed.items():
        if arguments.get(name) is None:
            arguments[name] = value
        elif arguments[name] != value:
            raise ValueError(
                f"The weights {weights} of '{model.name}' need {name}={value!r}, but "
                f"{arguments[name]!r} was given."
            )


def _class_count(weights: WeightsLike) -> int | None:
    """How many classes the weights say they were trained for."""
    categories = weights.meta.get("categories")
    if categories:
        return len(categories)
    if isinstance(weights.meta.get("num_classes"), int):
        return int(weights.meta["num_classes"])  # classes that were published without names
    return None


def _class_count_by_shape(
    model: ModelEntry,
    build: Callable[..., nn.Module],
    weights: WeightsLike,
    tensors: Mapping[str, Any],
    arguments: dict[str, Any],
) -> int:
    """The number of classes with which the model's head has the shapes that the weights have.

    Tried are the number given and the rows of the head; some heads have more rows than classes.
    """
    weight = tensors.get(f"{model.head[0]}.weight")
    rows = len(weight) if isinstance(weight, torch.Tensor) else None
    for count in (arguments.get("num_classes"), rows):
        if count is None:
            continue
        with SkipRandomInit():
            blank = _blank(model, build, False, {**arguments, "num_classes": count})
        if all(
            key in tensors and getattr(tensors[key], "shape", None) == value.shape
            for key, value in _head(model, tensors, blank).items()
        ):
            return int(count)
    raise WeightsError(
        f"The weights {weights} do not say how many classes they have. Pass the number that they "
        f"were trained with, num_classes=..., or give their meta-data 'categories'."
    )


def _head(
    model: ModelEntry, tensors: Mapping[str, Any], blank: nn.Module
) -> dict[str, torch.Tensor]:
    """The tensors of a fresh head, as far as the weights have one there: not all have auxiliary
    ones."""
    if not model.head:
        raise WeightsError(
            f"The model '{model.name}' declares no head, so num_classes cannot differ from its "
            f"weights'."
        )
    present = tuple(p for p in _paths(model) if any(key.startswith(p) for key in tensors))
    return {key: value for key, value in blank.state_dict().items() if key.startswith(present)}


def _paths(model: ModelEntry) -> tuple[str, ...]:
    """What the keys of the head begin with."""
    return tuple(f"{path}." for path in model.head)


def _replaced(tensors: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy of a state dict, its meta-data kept, with the tensors of a new head."""
    state_dict = OrderedDict(tensors)
    state_dict.update(new)
    state_dict._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]  # torch
    return state_dict


class _Quantize(int):
    """True. Asked for it again when it has built the float model, a builder quantizes next: much
    work, and nothing of it to skip."""

    _skipping: SkipRandomInit

    def __new__(cls, skipping: SkipRandomInit) -> _Quantize:
        self = super().__new__(cls, True)
        self._skipping = skipping
        return self

    def __bool__(self) -> bool:
        if self._skipping.has_begun:
            self._skipping.stop()
        return True
