"""OpenVINO's own files: a graph (.xml), and its tensors (.bin) beside it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openvino
from torch.export import ExportedProgram
from torch.fx import Node

from ..errors import ExportError, last_line
from ..values import Values
from . import KEY, onnx_file

if TYPE_CHECKING:
    from . import About, Run

__all__ = ["metadata", "open", "values", "write"]


def write(program: ExportedProgram, path: Path, about: About) -> ExportedProgram:
    # By way of ONNX, whose operations OpenVINO reads as they are meant, but for that resize.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        between = Path(folder, "model.onnx")
        program = onnx_file.write(program, between, about)
        try:
            model = openvino.Core().read_model(between)
            model.set_rt_info(about.metadata, [KEY])
            openvino.save_model(model, path, compress_to_fp16=False)
        except RuntimeError as error:
            node = _operation(error, between, program)  # noqa: F841  # `Layers.named` looks for it
            kinds = ", ".join(_kinds(error))
            why = f"it cannot convert the operation {kinds}" if kinds else last_line(error)
            raise ExportError(f"The model cannot be written as OpenVINO's: {why}.") from error
    return program


def _kinds(error: RuntimeError) -> list[str]:
    """The kinds of ONNX operations that an error in reading a file says were not converted."""
    told = re.search(r"onversion (?:rule found for operations|is failed for): (.+)", str(error))
    return re.findall(r"(\w+)-\d+", told[1]) if told else []


def _operation(error: RuntimeError, path: Path, program: ExportedProgram) -> Node | None:
    """The traced operation that an error in reading an ONNX file is about.

    The error names an operation of the file, or its kind. Of several that a traced one became, the
    last has its name.
    """
    import onnx

    nodes = onnx.load(path, load_external_data=False).graph.node  # in the order of execution
    named = set(re.findall(r"<Node\(\w+\): (\w+)>", str(error)))
    kinds = _kinds(error)
    first = next((one for one in nodes if named & {one.name, *one.output}), None) or next(
        (one for one in nodes if one.op_type in kinds), None
    )
    reached = set(first.output) if first else set()
    traced: dict[str, Node] = {node.name: node for node in program.graph.nodes}
    for one in nodes:
        if one is first or reached.intersection(one.input):
            reached.update(one.output)
            if name := next(filter(traced.__contains__, one.output), None):
                return traced[name]
    return None


def _compiled(model: openvino.Model) -> openvino.CompiledModel:
    precise = {"INFERENCE_PRECISION_HINT": "f32"}  # not bfloat16 where the processor has it
    return openvino.Core().compile_model(model, "CPU", precise)


def open(path: Path) -> Run:
    compiled = _compiled(openvino.Core().read_model(path))
    names = [output.get_any_name() for output in compiled.outputs]

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        found = compiled(dict(arrays))
        return {name: found[name] for name in names}

    return run


def values(path: Path, program: ExportedProgram) -> Values:
    model = openvino.Core().read_model(path)
    names = onnx_file.names_in(program, [output.get_any_name() for output in model.outputs])
    there = {name for node in model.get_ops() for value in node.outputs() for name in value.names}

    def run(arrays: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
        # All outputs of a compiled model are computed and kept: so one has those of one call only.
        model = openvino.Core().read_model(path)
        last = {name for output in model.outputs for name in output.names}
        model.add_outputs([names[name] for name in wanted if names[name] not in last])
        found = _compiled(model)(dict(arrays))
        return {name: found[names[name]].copy() for name in wanted}

    return Values(frozenset(name for name, in_file in names.items() if in_file in there), run)


def metadata(path: Path) -> str:
    return str(openvino.Core().read_model(path).get_rt_info([KEY]).astype(str))
