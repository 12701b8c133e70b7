"""Faster models: fused, in another memory layout, in another number format, or compiled.

Each changes the outputs a little, so all are off unless they are asked for, and
`largest_difference` says by how much.
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
    """A model as it is to be called.

    Args:
        model: in evaluation mode. It may be changed: pass a copy to keep it.
        optimize: fuse convolutions with the batch normalisations that follow them where the
            model can be traced, and keep images channels-last.
        dtype: of the computation. Results come back in float32 or in this type.
        compile: with `torch.compile`; the first batch of each shape takes long.
        channels_last: give the model images that are channels-last, and change nothing else.

    Raises:
        PredictionError: a quantized model can't be had in another number format.
    """
    call: Callable[..., Any] = model
    if optimize:
        call = model = fused(model).to(memory_format=torch.channels_last)
    if compile:
        call = torch.compile(model, dynamic=True)
    if dtype != torch.float32:
        if _is_quantized(model):
            raise PredictionError("A quantized model has its own number format: leave out dtype.")
        call = _Autocast(call, dtype)
    if optimize or channels_last:
        call = _ChannelsLast(call)
    return call


def is_torchvisions(model: nn.Module) -> bool:
    """Whether a model is one of torchvision's, with no part from elsewhere and no hooks.

    Such a model is known (the tests say so) to take images in any memory layout and to keep
    nothing between calls, so that several threads may call it at once. Another author's may rely
    on contiguous images, or leave intermediate results in itself.
    """
    return type(model).__module__.startswith("torchvision.") and not any(
        type(module).__module__.partition(".")[0] not in ("torch", "torchvision")
        or module._forward_hooks
        or module._forward_pre_hooks
        for module in model.modules()
    )


def fused(model: nn.Module) -> nn.Module:
    """The model with batch normalisations folded into the convolutions before them.

    A model that can't be traced (detectors, for one) comes back as it was.
    """
    from torch.fx.experimental.optimization import fuse

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result: nn.Module = fuse(model)
    except Exception:  # tracing fails in as many ways as there are ways to write a model
        return model
    return result.eval()


def largest_difference(outputs: Any, others: Any) -> float:
    """The largest absolute difference between two outputs of the same form.

    Returns:
        NaN where they can't be compared, since one found more objects than the other.
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
    """Calls a model in another number format, layer by layer where the layer allows it."""

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
    """A copy to compare with, before the model is changed."""
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
