"""Quantizes float models to 8-bit integers by rewriting their graph (FX graph mode)."""

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
    """Builds the quantized architecture of a model, without weights.

    The state dict of a `converted` model fits it.

    Args:
        model: the canonical name of the float model.
        backend: the engine that the weights were prepared for.
        **config: the arguments of the float model.

    Returns:
        The model, in evaluation mode, made from a float model whose parameters are all zero.

    Raises:
        EngineError: no engine of this machine can run the weights.
        WeightsError: the graph of the model cannot be traced.
    """
    with quietly():  # some builders warn of a changed initialisation
        blank = get_model(model, weights=None, progress=False, **config)
    with torch.no_grad():
        for parameter in blank.parameters():
            parameter.zero_()  # observed values must be finite
    return converted(observed(blank, backend), backend)


def observed(model: nn.Module, backend: str) -> GraphModule:
    """Makes a model that records the ranges of its activations whenever it is called.

    Args:
        model: the float model. It is changed.
        backend: the engine to prepare the weights for.

    Returns:
        The model to calibrate with images, and then to pass to `converted`.

    Raises:
        WeightsError: the graph of the model cannot be traced.
    """
    _clip_by_range(model)
    # With all 8 bits of an activation, onednn's sums overflow on processors without VNNI. x86 uses
    # 7, with which both give the same everywhere.
    mapping = get_default_qconfig_mapping("x86" if backend == "onednn" else backend)
    with quietly():
        try:
            return prepare_fx(model.eval(), mapping, (torch.zeros(1, 3, 224, 224),))
        except Exception as error:  # tracing an arbitrary model can raise anything
            raise WeightsError(
                f"{type(model).__name__} cannot be quantized: its graph cannot be traced "
                f"({str(error).splitlines()[0] if str(error) else type(error).__name__})."
            ) from error


def converted(model: GraphModule, backend: str) -> nn.Module:
    """Converts a calibrated model to a quantized one.

    Args:
        model: the `observed` model, after it was called with images.
        backend: the engine that it was prepared for.

    Raises:
        EngineError: no engine of this machine can run the model.
    """
    use_engine(engine_for(backend))
    with quietly():
        return convert_fx(model)


def _clip_by_range(model: nn.Module) -> None:
    """Replaces each ReLU6 by a ReLU, as torchvision's quantizable models do.

    A ReLU is fused with its convolution, and the observed range clips its output. A ReLU6 would
    remain a separate step, which ruins the outputs of some engines.
    """
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(module, name, nn.ReLU().train(child.training))


@contextmanager
def quietly() -> Iterator[None]:
    """A context manager that silences torch's warnings about quantization."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that torchao will replace this API
        yield
