"""The engine `onnxruntime`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime  # type: ignore[import-untyped]  # it ships no types

from hubcore.prediction.pixels import Array

from .errors import FileError
from .file_engine import FileEngine, Run
from .onnx_metadata import read_metadata

__all__ = ["OnnxRuntime"]


class OnnxRuntime(FileEngine):
    """Runs ONNX files with ONNX Runtime, on the CPU."""

    name = "onnxruntime"

    def describe(self, path: Path) -> str | None:
        return read_metadata(path, "hubcore")

    def open(self, path: Path, *, threads: int, at_once: int) -> Run:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what is wrong is said by the exception
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait in a loop take the processor from those that decode photos.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions have no common base
            raise FileError(f"ONNX Runtime cannot open {path}: {_reason(error)}") from error
        names = [output.name for output in session.get_outputs()]
        self.check_ports([value.name for value in session.get_inputs()], names)

        def run(arrays: Mapping[str, Array]) -> Sequence[Array]:
            found: Any = session.run(names, dict(arrays))
            return found  # type: ignore[no-any-return]

        return run


def _reason(error: Exception) -> str:
    """What it says, in a line, without its own codes."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rpartition(" : ")[2]
