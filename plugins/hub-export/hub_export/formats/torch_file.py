"""Files of `torch.export`, which run without the model's code."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.export import ExportedProgram

from ..errors import ExportError, first_line
from ..values import Values, graph_of, values_of_graph
from . import KEY

if TYPE_CHECKING:
    from . import About, Run

__all__ = ["metadata", "open", "values", "write"]


def write(program: ExportedProgram, path: Path, about: About) -> ExportedProgram:
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    # In memory first: on a full disk torch's own writer ends the process (seen with 2.14).
    content = io.BytesIO()
    try:
        torch.export.save(program, content, extra_files={KEY: about.metadata})
    except Exception as error:  # of its serializer, which knows only some operations
        raise ExportError(
            f"The model cannot be written by torch.export: {first_line(error)}."
        ) from error
    path.write_bytes(content.getbuffer())
    return program


def open(path: Path) -> Run:
    module = torch.export.load(path).module()

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        with torch.inference_mode():
            found = module(*(torch.from_numpy(array) for array in arrays.values()))
        return {name: value.numpy() for name, value in found.items()}

    return run


def values(path: Path, program: ExportedProgram) -> Values:
    graph = graph_of(torch.export.load(path))

    def run(arrays: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        inputs = [torch.from_numpy(array) for array in arrays.values()]
        found = values_of_graph(graph, inputs, names)
        return {name: value.numpy() for name, value in found.items()}

    return Values(frozenset(node.name for node in graph.graph.nodes), run)


def metadata(path: Path) -> str:
    extra = {KEY: ""}
    torch.export.load(path, extra_files=extra)
    return extra[KEY]
