"""The engine `openvino`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openvino

from hubcore.prediction.pixels import Array

from . import onnx_metadata, openvino_metadata
from .errors import FileError
from .file_engine import FileEngine, Run

__all__ = ["OpenVino"]

# OpenVINO's Python binding waits for itself for ever if two threads are the first to convert an
# array (seen with 2026.4.1): so the first call of each thread is alone.
_first_call = threading.Lock()

RESIZED_INSIDE = ("image-classification", "semantic-segmentation")


class OpenVino(FileEngine):
    """Runs OpenVINO's own files and ONNX files with OpenVINO, on the CPU.

    OpenVINO ignores that a resize of an ONNX file is antialiased, and would give other results: of
    classification and segmentation it runs bare models only, which are prepared with Pillow.
    """

    name = "openvino"
    usual_batch = 4  # 7 % less time for resnet50 than one by one

    def describe(self, path: Path) -> str | None:
        if path.suffix.lower() == ".xml":
            return openvino_metadata.read_metadata(path, "hubcore")
        return onnx_metadata.read_metadata(path, "hubcore")

    def open(self, path: Path, *, threads: int, at_once: int) -> Run:
        if self.task_name in RESIZED_INSIDE and not self.about.raw:
            raise FileError(
                f"{path} resizes images inside, which OpenVINO does otherwise than it says "
                f"(without antialiasing). Use the engine onnxruntime, or export it with --raw."
            )
        try:
            core = openvino.Core()
            model = core.read_model(str(path))
            inputs = [value.get_any_name() for value in model.inputs]
            outputs = [value.get_any_name() for value in model.outputs]
            compiled = core.compile_model(
                model,
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": threads * at_once,
                    "NUM_STREAMS": at_once,
                    "INFERENCE_PRECISION_HINT": "f32",  # not bfloat16 where the processor has it
                },
            )
        except Exception as error:  # its exceptions have no common base
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            reason = (lines or [type(error).__name__])[-1]
            raise FileError(f"OpenVINO cannot open {path}: {reason}") from error
        said = [port.name for port in self.about.outputs]
        self.check_ports(inputs, sorted(outputs, key=_order(said)))
        local = threading.local()

        def run(arrays: Mapping[str, Array]) -> Sequence[Array]:
            request: Any = getattr(local, "request", None)
            if request is not None:
                found = request.infer(dict(arrays))
            else:
                with _first_call:
                    request = compiled.create_infer_request()  # one of each thread's own
                    found = request.infer(dict(arrays))
                local.request = request
            return [found[name] for name in said]

        return run


def _order(names: Sequence[str]) -> Any:
    return lambda name: names.index(name) if name in names else len(names)
