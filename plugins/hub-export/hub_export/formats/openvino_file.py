"""OpenVINO's own files: a graph (.xml), and its tensors (.bin) beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openvino
from torch.export import ExportedProgram

from ..errors import ExportError
from ..ports import Port
from ..tracing import last_line
from . import KEY, onnx_file

if TYPE_CHECKING:
    from . import Run

__all__ = ["metadata", "open", "write"]


def write(
    program: ExportedProgram,
    path: Path,
    *,
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    metadata: str,
) -> None:
    # By way of ONNX, whose operations OpenVINO reads as they are meant, but for that resize.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        between = Path(folder, "model.onnx")
        onnx_file.write(program, between, inputs=inputs, outputs=outputs, metadata=metadata)
        try:
            model = openvino.Core().read_model(between)
            model.set_rt_info(metadata, [KEY])
            openvino.save_model(model, path, compress_to_fp16=False)
        except RuntimeError as error:
            raise ExportError(
                f"The model cannot be written as OpenVINO's: {last_line(error)}."
            ) from error


def open(path: Path) -> Run:
    precise = {"INFERENCE_PRECISION_HINT": "f32"}  # not bfloat16 where the processor has it
    compiled = openvino.Core().compile_model(openvino.Core().read_model(path), "CPU", precise)
    names = [output.get_any_name() for output in compiled.outputs]

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        found = compiled(dict(arrays))
        return {name: found[name] for name in names}

    return run


def metadata(path: Path) -> str:
    return str(openvino.Core().read_model(path).get_rt_info([KEY]).astype(str))
