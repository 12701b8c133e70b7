"""Float models in 8-bit integers, by rewriting their graph (FX graph mode quantization)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.ao.quantization import get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
from torch.fx import GraphModule

from hubcore import get_model
from hubcore.errors import WeightsError

from .engines import engine_for, use_engine

__all__ = ["converted", "observed", "quantized", "quietly"]


def quantized(*, model: str, backend: str, **config: Any) -> nn.Module:
    """A model's quantized architecture, all zeros: the state dict of `converted` fits it.

    Args:
        model: the float model's canonical name.
        backend: the engine that the weights were prepared for.
        **config: the float model's arguments.

    Raises:
        EngineError: no engine of this machine can run it.
    """
    with quietly():  # some builders announce a changed initialisation
        blank = get_model(model, weights=None, progress=False, **config)
    with torch.no_grad():
        for parameter in blank.parameters():
            parameter.zero_()  # it may hold anything, and what is observed must be finite
    return converted(observed(blank, backend), backend)


def observed(model: nn.Module, backend: str) -> GraphModule:
    """A model that notes the range of its activations when it is called, for `converted`.

    Args:
        model: the float model; it is changed.
        backend: the engine to prepare for.

    Raises:
        WeightsError: the model's graph cannot be traced.
    """
    _clip_by_range(model)
    with quietly():
        try:
            return prepare_fx(
                model.eval(), get_default_qconfig_mapping(backend), (torch.zeros(1, 3, 224, 224),)
            )
        except Exception as error:  # tracing fails in as many ways as models can be written
            raise WeightsError(
                f"{type(model).__name__} cannot be quantized: its graph cannot be traced "
                f"({str(error).splitlines()[0] if str(error) else type(error).__name__})."
            ) from error


def converted(model: GraphModule, backend: str) -> nn.Module:
    """The quantized model, from an observed one that has seen images."""
    use_engine(engine_for(backend))
    with quietly():
        return convert_fx(model)


def _clip_by_range(model: nn.Module) -> None:
    """Makes ReLU6 a ReLU, as torchvision's quantizable models do.

    A ReLU is computed with its convolution, and the observed range clips it. A ReLU6 would stay a
    step of its own, which ruins the outputs of some engines.
    """
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(module, name, nn.ReLU().train(child.training))


@contextmanager
def quietly() -> Iterator[None]:
    """Without warnings about what this torch does to its own quantized tensors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this torch announces that torchao will take over
        yield
