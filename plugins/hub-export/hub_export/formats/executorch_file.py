"""ExecuTorch's files (.pte), for phones and other small machines; they run on XNNPACK's kernels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from executorch.runtime import Runtime
from torch.export import ExportedProgram

from ..errors import ExportError, first_line
from . import KEY

if TYPE_CHECKING:
    from . import About, Run

__all__ = ["metadata", "open", "values", "write"]


def write(program: ExportedProgram, path: Path, about: About) -> ExportedProgram:
    try:
        made = to_edge_transform_and_lower(
            program,
            partitioner=[XnnpackPartitioner()],
            constant_methods={KEY: about.metadata},  # a method that returns the text
        ).to_executorch()
    except Exception as error:  # of its compiler, which knows only some operations
        raise ExportError(
            f"The model cannot be written as ExecuTorch's: {first_line(error)}."
        ) from error
    path.write_bytes(made.buffer)
    return program


def open(path: Path) -> Run:
    method = Runtime.get().load_program(path).load_method("forward")
    names = [output["name"] for output in json.loads(metadata(path))["outputs"]]

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        # It takes any strides for those of a contiguous tensor, and uses its outputs' memory again.
        found = method.execute([torch.from_numpy(array).contiguous() for array in arrays.values()])
        return {name: value.numpy().copy() for name, value in zip(names, found, strict=True)}

    return run


def values(path: Path, program: ExportedProgram) -> None:
    return None  # most layers are one call of a kernel library


def metadata(path: Path) -> str:
    [text] = Runtime.get().load_program(path).load_method(KEY).execute([])
    return str(text)
