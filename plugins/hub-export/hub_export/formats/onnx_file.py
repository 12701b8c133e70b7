"""ONNX files, made by torch's exporter and run by ONNX Runtime."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.export import ExportedProgram

from ..errors import ExportError, first_line
from ..values import Values
from . import KEY
from .onnx_attention import attention_of_any_rank
from .onnx_scatters import without_empty
from .onnx_sizes import in_one_type, sizes_in_float64

if TYPE_CHECKING:
    from . import About, Run

__all__ = ["OPSET", "metadata", "names_in", "open", "values", "write"]

OPSET = 18  # the first whose Resize antialiases


def write(program: ExportedProgram, path: Path, about: About) -> ExportedProgram:
    made = _converted(program)
    graph = made.model.graph
    in_one_type(graph, OPSET)
    without_empty(made.model)
    for values, ports in ((graph.inputs, about.inputs), (graph.outputs, about.outputs)):
        for value, port in zip(values, ports, strict=True):
            value.name = port.name
            value.shape = type(value.shape)(port.shape)
    made.model.doc_string = None
    made.model.metadata_props.clear()
    made.model.metadata_props[KEY] = about.metadata
    made.model.producer_name = "hub-export"
    for node in graph.all_nodes():
        node.metadata_props.clear()  # with paths of this machine
        node.doc_string = None
    made.save(path)
    decomposed: ExportedProgram = made.exported_program
    return decomposed


def open(path: Path) -> Run:
    session = _session(path)
    names = [output.name for output in session.get_outputs()]

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(names, session.run(names, dict(arrays)), strict=True))

    return run


def _session(path: Path) -> Any:
    import onnxruntime  # type: ignore[import-untyped]  # it ships no types

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def values(path: Path, program: ExportedProgram) -> Values:
    import onnx

    model = onnx.load(path, load_external_data=False)
    names = names_in(program, [output.name for output in model.graph.output])
    there = {name for node in model.graph.node for name in node.output}
    inner = there - {output.name for output in model.graph.output}
    for name in inner.intersection(names.values()):
        model.graph.output.add(name=name)
    wordy = path.with_name("values.onnx")  # beside the file, so that it finds its tensors
    try:
        onnx.save(model, wordy)
        session = _session(wordy)
    finally:
        wordy.unlink(missing_ok=True)

    def run(arrays: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
        found = session.run([names[name] for name in wanted], dict(arrays))
        return dict(zip(wanted, found, strict=True))

    return Values(frozenset(name for name, in_file in names.items() if in_file in there), run)


def names_in(program: ExportedProgram, outputs: Sequence[str]) -> dict[str, str]:
    """The name in a file of each operation of its program, of which only outputs have another."""
    last = dict(zip(program.graph_signature.user_outputs, outputs, strict=True))
    return {node.name: last.get(node.name, node.name) for node in program.graph.nodes}


def metadata(path: Path) -> str:
    import onnx

    model = onnx.load(path, load_external_data=False)
    return next((entry.value for entry in model.metadata_props if entry.key == KEY), "")


def _converted(program: ExportedProgram) -> Any:
    try:
        # With gradients torch would run attention otherwise than it was traced, and find that what
        # is laid out so cannot be seen as it was.
        with torch.no_grad(), warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            return torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                verbose=False,
                optimize=True,
                custom_translation_table={**sizes_in_float64(), **attention_of_any_rank()},
            )
    except Exception as error:
        raise ExportError(f"The model cannot be written as ONNX: {_reason(error)}.") from error


def _reason(error: BaseException) -> str:
    """What the first of torch's nested errors says."""
    while error.__cause__ is not None:
        error = error.__cause__
    lacking = re.match(r"No ONNX function found for <OpOverload\(op='([\w.]+)'", str(error))
    return f"ONNX has no operation for {lacking[1]}" if lacking else first_line(error)


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
