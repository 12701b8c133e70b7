"""Builds models with made-up weights, so that nothing has to be downloaded.

They are built on torch's meta device, where tensors have shapes but no data: what only changes
values is left out there, which is most of the work. Architectures that compute with tensors while
they are built get real memory, without random initialisation.
"""

from __future__ import annotations

import hashlib
import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..building.builders import builder_of
from ..building.skip_init import RANDOM_FILLS, SkipRandomInit
from ..catalogs.catalog import ModelEntry
from ..errors import WeightsError
from ..weights.enums import WeightsEnum

__all__ = ["Blank", "build_with", "default_config", "shapes_for", "without_data"]

T = TypeVar("T")

_known: dict[ModelEntry, list[tuple[Any, Blank]]] = {}
_fitting_parameters: dict[str, int] = {}  # by structure


class _Form(NamedTuple):
    """What a tensor is without its values: a catalogue has a million, some of gigabytes."""

    shape: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, value: Any) -> Any:
        """The form of a tensor; what is none, or tells by its values how to load, as it is."""
        if not isinstance(value, torch.Tensor) or value.layout is not torch.strided:
            return value
        if value.is_quantized or not (value.is_meta or value.is_floating_point()):
            return value
        return cls(value.shape, value.stride(), value.dtype, value.device)

    def tensor(self) -> torch.Tensor:
        return torch.empty_strided(
            self.shape, self.stride, dtype=self.dtype, device=self.device, requires_grad=False
        )


class Blank:
    """Weights with the facts of real ones, but tensors of which only the form is kept.

    Args:
        real: the real weights.
        tensors: the tensors by name, in place of the real ones.

    Attributes:
        size: how many numbers the tensors have.
        parameters: how many numbers the parameters of the model have with these weights.
        structure: a text that is the same for models that are built alike.
        kinds: the classes of the model's modules.
    """

    size = 0
    parameters = 0
    structure = ""
    kinds: frozenset[type] = frozenset()

    def __init__(self, real: WeightsEnum, tensors: Mapping[str, Any]) -> None:
        self.url = real.url
        self.transforms = real.transforms
        self.meta = real.meta
        self.value = real.value
        self.name = real.name
        self._metadata = getattr(tensors, "_metadata", None)
        self._forms = {key: _Form.of(value) for key, value in tensors.items()}
        self.size = sum(
            value.numel() for value in tensors.values() if isinstance(value, torch.Tensor)
        )

    def again(self, real: WeightsEnum) -> Blank:
        """The same tensors with the facts of other weights of the model."""
        made = Blank.of(real, {})
        made._metadata, made._forms, made.size = self._metadata, self._forms, self.size
        made.parameters, made.structure, made.kinds = self.parameters, self.structure, self.kinds
        return made

    @classmethod
    def of(cls, real: WeightsEnum, tensors: Mapping[str, Any]) -> Blank:
        """Makes weights whose class has the name of the real enum: builders look for it."""
        made: Blank = type(type(real).__name__, (cls,), {})(real, tensors)
        return made

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The tensors by name. Arguments are accepted for compatibility and ignored."""
        made: OrderedDict[str, Any] = OrderedDict()
        # Some modules read the number of their format there.
        made._metadata = self._metadata  # type: ignore[attr-defined]  # torch's
        for key, form in self._forms.items():
            made[key] = form.tensor() if isinstance(form, _Form) else form
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


def without_data(build: Callable[[], T]) -> T:
    """Calls ``build`` on the meta device, or else without random initialisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some builders warn of slow initialisation
        try:
            with torch.device("meta"), _WithoutValues():
                return build()
        except (NotImplementedError, RuntimeError) as error:
            if "meta" not in str(error):
                raise
        with SkipRandomInit():
            return build()


class _WithoutValues(TorchFunctionMode):
    """In this context, what only sets the values of a tensor without data does nothing.

    torch works out the shapes of such calls in Python, which takes milliseconds each, and models
    make thousands of them to initialise their parameters.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _SETS_VALUES:
            # The functions of torch.nn.init pass their tensor by keyword.
            tensor = args[0] if args else kwargs["tensor"]
            if tensor.is_meta:
                return tensor
        return func(*args, **kwargs)


_SETS_VALUES = RANDOM_FILLS | {
    nn.init.constant_,
    *(
        getattr(torch.Tensor, f"{name}_")
        for name in ("add", "clamp", "copy", "div", "erfinv", "fill", "mul", "sub", "zero")
    ),
}


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
    for known, shapes in _known.get(model, ()):
        if known == facts:
            return shapes.again(weights)
    found = _find_shapes(model, weights)
    _known.setdefault(model, []).append((facts, found))
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
    arguments = {**default_config(model, weights), **config}
    blank = builder_of(model)(weights=None, **arguments)
    candidate = Blank.of(weights, blank.state_dict())
    candidate.kinds = frozenset(map(type, blank.modules()))
    candidate.structure = _structure(model, blank, arguments, weights)
    # A catalogue may have hundreds of weights for models that are built alike.
    if candidate.structure not in _fitting_parameters:
        fitting = builder_of(model)(weights=candidate)
        _fitting_parameters[candidate.structure] = sum(p.numel() for p in fitting.parameters())
    candidate.parameters = _fitting_parameters[candidate.structure]
    return candidate


def _structure(
    model: ModelEntry, blank: nn.Module, arguments: Mapping[str, Any], weights: WeightsEnum
) -> str:
    """What decides how a model is built and loaded: its modules and tensors, and its entry."""
    ignored = ("architecture", "weights", "doc", "paper", "replaced_by", "export", "pretrained")
    entry = {key: value for key, value in model.data.items() if key not in ignored}
    tensors = {key: (tensor.shape, tensor.dtype) for key, tensor in blank.state_dict().items()}
    shown = repr(blank) if type(blank).__repr__ is nn.Module.__repr__ else model.canonical
    facts = (model.architecture.target, entry, arguments, shown, tensors)
    meta = {key: weights.meta.get(key) for key in ("min_size", "num_classes", "backend")}
    classes = len(weights.meta.get("categories") or ())
    return hashlib.sha256(repr((facts, meta, classes)).encode()).hexdigest()


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
