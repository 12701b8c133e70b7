"""From a module to the graph that every format is made from."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.export import Dim, ExportedProgram

from .errors import ExportError, first_line
from .pipeline import Pipeline
from .ports import Port

__all__ = ["refuse_quantized", "trace"]


def trace(pipeline: Pipeline) -> tuple[ExportedProgram, tuple[Port, ...], tuple[Port, ...]]:
    """Traces a pipeline with `torch.export`, for inputs of any size that the architecture allows.

    Returns:
        The program; its inputs and its outputs, with a number for each dimension that turned out to
        be fixed.

    Raises:
        ExportError: the model cannot be traced.
    """
    program = _traced(pipeline, pipeline.examples)
    number = _values(program)[program.graph_signature.user_inputs[0]].shape[0]
    if isinstance(pipeline.inputs[0].shape[0], str) and _constant(number) is not None:
        # The architecture fixes the number of images. One, then.
        program = _traced(pipeline, tuple(example[:1] for example in pipeline.examples))
    values = _values(program)
    shapes = _Shapes()
    signature = program.graph_signature
    inputs = tuple(
        shapes.described(port, values[name])
        for port, name in zip(pipeline.inputs, signature.user_inputs, strict=True)
    )
    outputs = tuple(
        shapes.described(port, values[name])
        for port, name in zip(pipeline.outputs, signature.user_outputs, strict=True)
    )
    return program, inputs, outputs


def _values(program: ExportedProgram) -> dict[Any, Any]:
    """A tensor without values for each node of the graph, by its name."""
    return {node.name: node.meta["val"] for node in program.graph.nodes if "val" in node.meta}


_QUANTIZED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized")


def refuse_quantized(model: nn.Module) -> None:
    """Says whether torch quantized a model.

    Raises:
        ExportError: it did. Such layers keep their weights as objects of torch's own kernels.
    """
    for name, layer in model.named_modules():
        if type(layer).__module__.startswith(_QUANTIZED):
            raise ExportError(
                f"A model that torch quantized cannot be exported: its layer '{name}' is "
                f"quantized, and keeps its weights packed for torch's own kernels. For an ONNX "
                f"file of 8 bits: hub quantize MODEL --calibrate photos/ --output FILE.onnx. For "
                f"one of float32 export weights that are not quantized."
            )


def _traced(pipeline: Pipeline, examples: tuple[torch.Tensor, ...]) -> ExportedProgram:
    dynamic = tuple(
        {axis: Dim.AUTO for axis, size in enumerate(port.shape) if isinstance(size, str)}
        for port in pipeline.inputs
    )
    try:
        # What torch warns of, and the graphs that it prints, are for the authors of models.
        with torch.no_grad(), warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return torch.export.export(
                pipeline.module, examples, dynamic_shapes=dynamic, strict=False
            )
    except Exception as error:
        raise ExportError(
            f"The model cannot be traced by torch.export: {first_line(error)}."
        ) from error


def _constant(size: Any) -> int | None:
    """The number that a size is: also if an assertion in the model made it one."""
    return size if isinstance(size, int) else size.node.maybe_as_int()


class _Shapes:
    """Names the sizes that stayed variable."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def described(self, port: Port, value: Any) -> Port:
        wanted: Sequence[int | str] = port.shape
        shape = tuple(
            self._name(str(size), wanted[axis]) if (fixed := _constant(size)) is None else fixed
            for axis, size in enumerate(value.shape)
        )
        return replace(port, shape=shape)

    def _name(self, symbol: str, wanted: int | str) -> str:
        return self._names.setdefault(symbol, wanted if isinstance(wanted, str) else symbol)
