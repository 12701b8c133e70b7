"""Makes models faster: fused, in another memory layout or number format, or compiled.

Each of these changes the outputs slightly, so all are off by default. `largest_difference` measures
by how much.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .errors import PredictionError

__all__ = ["DTYPES", "is_torchvisions", "largest_difference", "plain_copy", "prepared"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def prepared(
    model: nn.Module,
    *,
    optimize: bool = False,
    dtype: torch.dtype = torch.float32,
    compile: bool = False,
    channels_last: bool = False,
) -> Callable[..., Any]:
    """Prepares a model for prediction.

    Args:
        model: the model, in evaluation mode. It may be changed: pass a copy to keep it.
        optimize: fold batch normalisations into the convolutions before them, where the model can
            be traced, and use the channels-last memory format.
        dtype: the number format to compute in, layer by layer where possible (autocast). Outputs
            are in float32 or in this format.
        compile: compile the model with `torch.compile`. The first batch then takes long.
        channels_last: pass images (B, C, H, W) to the model in the channels-last memory format, and
            change nothing else.

    Returns:
        A callable that takes and returns what the model does.

    Raises:
        PredictionError: the model is quantized, and ``dtype`` is not float32.
    """
    call: Callable[..., Any] = model
    if optimize:
        call = model = fused(model).to(memory_format=torch.channels_last)
    if compile:
        call = torch.compile(model, dynamic=True)
    if dtype != torch.float32:
        if _is_quantized(model):
            raise PredictionError(
                "A quantized model computes in its own number format: leave dtype out."
            )
        call = _Autocast(call, dtype)
    if optimize or channels_last:
        call = _ChannelsLast(call)
    return call


def module_of(model: Callable[..., Any]) -> nn.Module:
    """The module in what `prepared` returned."""
    while not isinstance(model, nn.Module):
        model = model._model  # type: ignore[attr-defined]  # of the classes below
    return model


def is_torchvisions(model: nn.Module) -> bool:
    """Whether a model is one of torchvision's, without modules from elsewhere and without hooks.

    Tests show that such a model takes images in any memory layout and keeps no state between calls,
    so several threads can call it at once. Other authors' models may need contiguous images, or
    store intermediate results in their modules.
    """
    return type(model).__module__.startswith("torchvision.") and not any(
        type(module).__module__.partition(".")[0] not in ("torch", "torchvision")
        or module._forward_hooks
        or module._forward_pre_hooks
        for module in model.modules()
    )


def fused(model: nn.Module) -> nn.Module:
    """The model with batch normalisations folded into the convolutions before them.

    A model that can't be traced, such as a detector, is returned unchanged.
    """
    from torch.fx.experimental.optimization import fuse

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result: nn.Module = fuse(model)
    except Exception:  # tracing an arbitrary model can raise anything
        return model
    return result.eval()


def largest_difference(outputs: Any, others: Any) -> float:
    """The largest absolute difference between two outputs of the same structure.

    Args:
        outputs: a tensor, or nested lists, tuples and mappings of tensors.
        others: the same structure.

    Returns:
        The difference; 0 if there are no numbers to compare. NaN if the shapes differ, as when
        one model found more objects than the other.
    """
    first, second = list(_tensors(outputs)), list(_tensors(others))
    if [t.shape for t in first] != [t.shape for t in second]:
        return float("nan")
    return max(
        (
            float((a.float() - b.float()).abs().max())
            for a, b in zip(first, second, strict=True)
            if a.numel()
        ),
        default=0.0,
    )


class _Autocast:
    """Calls a model in another number format, in each layer that allows it."""

    def __init__(self, model: Callable[..., Any], dtype: torch.dtype) -> None:
        self._model = model
        self._dtype = dtype

    def __call__(self, *inputs: Any) -> Any:
        device = next(_tensors(inputs)).device.type
        with torch.autocast(device, self._dtype):
            return self._model(*inputs)


class _ChannelsLast:
    def __init__(self, model: Callable[..., Any]) -> None:
        self._model = model

    def __call__(self, *inputs: Any) -> Any:
        return self._model(
            *(
                value.contiguous(memory_format=torch.channels_last)
                if isinstance(value, Tensor) and value.ndim == 4
                else value
                for value in inputs
            )
        )


def plain_copy(model: nn.Module) -> nn.Module:
    """A deep copy of a model, to keep it before the model is changed."""
    return copy.deepcopy(model)


def _is_quantized(model: nn.Module) -> bool:
    return any(
        isinstance(value, Tensor) and value.is_quantized for value in model.state_dict().values()
    )


def _tensors(value: Any) -> Any:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
