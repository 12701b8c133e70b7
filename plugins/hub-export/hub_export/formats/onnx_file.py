"""ONNX files, made by torch's exporter and run by ONNX Runtime."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import operator
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.export import ExportedProgram

from ..errors import ExportError
from ..ports import Port
from ..tracing import last_line
from . import KEY

if TYPE_CHECKING:
    from . import Run

__all__ = ["OPSET", "metadata", "open", "write"]

OPSET = 18  # the first whose Resize antialiases
FLOAT64, INT64 = 11, 7  # in ONNX


def write(
    program: ExportedProgram,
    path: Path,
    *,
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    metadata: str,
) -> None:
    made = _converted(program)
    graph = made.model.graph
    for values, ports in ((graph.inputs, inputs), (graph.outputs, outputs)):
        for value, port in zip(values, ports, strict=True):
            value.name = port.name
            value.shape = type(value.shape)(port.shape)
    made.model.doc_string = None
    made.model.metadata_props.clear()
    made.model.metadata_props[KEY] = metadata
    made.model.producer_name = "hub-export"
    for node in graph.all_nodes():
        node.metadata_props.clear()  # with paths of this machine
        node.doc_string = None
    made.save(path)


def open(path: Path) -> Run:
    import onnxruntime  # type: ignore[import-untyped]  # it ships no types

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(names, session.run(names, dict(arrays)), strict=True))

    return run


def metadata(path: Path) -> str:
    import onnx

    model = onnx.load(path, load_external_data=False)
    return next((entry.value for entry in model.metadata_props if entry.key == KEY), "")


def _converted(program: ExportedProgram) -> Any:
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            return torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                verbose=False,
                optimize=True,
                custom_translation_table=_sizes_in_float64(),
            )
    except Exception as error:
        raise ExportError(f"The model cannot be written as ONNX: {last_line(error)}.") from error


def _sizes_in_float64() -> dict[Any, Any]:
    """Translations of arithmetic with sizes, which in float32 would miss a pixel here and there."""
    from onnxscript import opset18 as ops

    def to_float(size: Any) -> Any:
        return ops.Cast(size, to=FLOAT64)

    def divide(one: Any, other: Any) -> Any:
        return ops.Div(to_float(one), to_float(other))

    def to_int(size: Any) -> Any:
        return ops.Cast(size, to=INT64)

    return {torch.sym_float: to_float, operator.truediv: divide, math.trunc: to_int}


@contextlib.contextmanager
def _quiet() -> Any:
    """Without what torch's exporter prints."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
