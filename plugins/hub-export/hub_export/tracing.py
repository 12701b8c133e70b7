"""From a module to the graph that every format is made from."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.export import Dim, ExportedProgram

from .errors import ExportError
from .pipeline import Pipeline
from .ports import Port

__all__ = ["first_line", "last_line", "trace"]


def trace(pipeline: Pipeline) -> tuple[ExportedProgram, tuple[Port, ...], tuple[Port, ...]]:
    """Traces a pipeline with `torch.export`, for inputs of any size that the architecture allows.

    Returns:
        The program; its inputs and its outputs, with a number for each dimension that turned out to
        be fixed.

    Raises:
        ExportError: the model cannot be traced. It names the layer.
    """
    program = _traced(pipeline, pipeline.examples)
    if isinstance(_values(program)[program.graph_signature.user_inputs[0]].shape[0], int):
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


def _refuse_quantized(module: nn.Module) -> None:
    for name, layer in module.named_modules():
        if type(layer).__module__.startswith(_QUANTIZED):
            raise ExportError(
                f"The model cannot be traced by torch.export: its layer '{name}' is quantized, and "
                f"keeps its weights packed for torch's own kernels. Export the model with weights "
                f"that are not quantized; of these 'hub quantize' can write ONNX files of 8 bits."
            )


def _traced(pipeline: Pipeline, examples: tuple[torch.Tensor, ...]) -> ExportedProgram:
    _refuse_quantized(pipeline.module)
    dynamic = tuple(
        {axis: Dim.AUTO for axis, size in enumerate(port.shape) if isinstance(size, str)}
        for port in pipeline.inputs
    )
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those are for the authors of models
            return torch.export.export(
                pipeline.module, examples, dynamic_shapes=dynamic, strict=False
            )
    except Exception as error:
        layer = failing_layer(pipeline.module, error)
        where = f" Its layer '{layer}' is where tracing ends." if layer else ""
        raise ExportError(
            f"The model cannot be traced by torch.export: {first_line(error)}.{where}"
        ) from error


class _Shapes:
    """Names the sizes that stayed variable."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def described(self, port: Port, value: Any) -> Port:
        wanted: Sequence[int | str] = port.shape
        shape = tuple(
            size if isinstance(size, int) else self._name(str(size), wanted[axis])
            for axis, size in enumerate(value.shape)
        )
        return replace(port, shape=shape)

    def _name(self, symbol: str, wanted: int | str) -> str:
        return self._names.setdefault(symbol, wanted if isinstance(wanted, str) else symbol)


def failing_layer(module: nn.Module, error: BaseException) -> str:
    """The innermost layer in whose code an error was raised, such as ``model.layer1.0``, or ""."""
    names = {id(layer): name for name, layer in module.named_modules() if name}
    found = ""
    for frame in _frames(error):
        owner = frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            found = names.get(id(owner), found)
    return found


def _frames(error: BaseException) -> Iterator[Any]:
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    for one in chain:
        trace = one.__traceback__
        while trace:
            yield trace.tb_frame
            trace = trace.tb_next


def first_line(error: BaseException) -> str:
    """What an error says first, in a line without its full stop."""
    return _lines(error)[0]


def last_line(error: BaseException) -> str:
    """What an error says last, where compilers give their reason."""
    return _lines(error)[-1]


def _lines(error: BaseException) -> list[str]:
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    return lines or [type(error).__name__]
