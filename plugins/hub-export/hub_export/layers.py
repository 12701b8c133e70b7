"""Layers by the names that their author knows, and the lines of code that made them."""

from __future__ import annotations

import linecache
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from torch import nn
from torch.fx import Graph, Node

from .errors import ExportError

__all__ = ["LIBRARIES", "Layers", "Place"]

LIBRARIES = (
    *("torch", "onnx", "onnx_ir", "onnxscript", "onnxruntime", "openvino", "executorch"),
    *("hubcore", "hub_export"),
)
"""Packages whose lines say nothing to the author of a model."""
_TRACED_LINE = re.compile(r'File "(?P<file>.+?)", line (?P<number>\d+), in .+')


@dataclass(frozen=True)
class Place:
    """Where in a model something happens.

    Attributes:
        layer: the path of the layer, such as ``layer4.2.conv3``; "" if it is not known.
        line: the file, the number of the line and its text; "" if it is not known.
    """

    layer: str = ""
    line: str = ""

    def __str__(self) -> str:
        """A sentence without its full stop, or ""."""
        if not self.layer:
            return f"It happens in {self.line}" if self.line else ""
        return f"Its layer '{self.layer}' is where it happens{self.line and f', in {self.line}'}"


class Layers:
    """The names of layers: as in the model that a user has, wherever a pipeline puts it.

    Args:
        pipeline: the module that is exported.
        model: the model inside it.
    """

    def __init__(self, pipeline: nn.Module, model: nn.Module) -> None:
        own = {id(layer): name for name, layer in model.named_modules()}
        own[id(model)] = type(model).__name__
        self._by_path: dict[str, str] = {
            path: own.get(id(layer), path)
            for path, layer in pipeline.named_modules(remove_duplicate=False)
        }
        self._by_id = {id(layer): name for name, layer in model.named_modules() if name}

    def name(self, path: str) -> str:
        """What a layer is called.

        Args:
            path: where it is in the pipeline.
        """
        return self._by_path.get(path, path)

    def of_node(self, node: Node) -> str:
        """The innermost layer whose code an operation of a traced graph comes from, or ""."""
        stack = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        return self.name(stack[-1]) if stack else ""

    @contextmanager
    def named(self, graph: Graph | None = None) -> Iterator[None]:
        """Errors say in which layer and line they were raised.

        Args:
            graph: of whose operations an engine's errors may have the names.
        """
        try:
            yield
        except ExportError as error:
            place = str(self.place_of(error, graph))
            if not place:
                raise
            raise type(error)(f"{str(error).rstrip('.')}. {place}.") from error

    def place_of(self, error: BaseException, graph: Graph | None = None) -> Place:
        """The innermost layer, and the innermost line of a model, where an error was raised."""
        layer = line = ""
        node = _named_node(error, graph) if graph else None
        for frame, number in _frames(error):
            here = {name: frame.f_locals.get(name) for name in ("self", "node", "n")}
            if isinstance(here["self"], nn.Module):
                layer = self._by_id.get(id(here["self"]), layer)
            # Translators of graphs raise where no code of the model runs.
            node = next((one for one in here.values() if isinstance(one, Node)), node)
            line = _line(frame.f_code.co_filename, number) or line
        if node is not None and (found := self.of_node(node)):
            return Place(found, _traced_line(node))
        return Place(layer, line)


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what caused it."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    return chain


def _named_node(error: BaseException, graph: Graph) -> Node | None:
    """The operation that an engine's error names, as torch's exporter to ONNX calls it."""
    nodes = {f"node_{node.name}": node for node in graph.nodes}
    words = (word for one in _chain(error) for word in re.findall(r"\w+", str(one)))
    return next((nodes[word] for word in words if word in nodes), None)


def _frames(error: BaseException) -> Iterator[tuple[Any, int]]:
    """The frames of an error and of what caused it, each with the number of its line."""
    for one in _chain(error):
        trace = one.__traceback__
        while trace:
            yield trace.tb_frame, trace.tb_lineno
            trace = trace.tb_next


def _line(file: str, number: int) -> str:
    """A line of a model's code; "" of the code of libraries."""
    text = linecache.getline(file, number).strip()
    return "" if not text or file.startswith(_folders()) else f"{file}, line {number}: {text}"


@cache
def _folders() -> tuple[str, ...]:
    specs = filter(None, map(find_spec, LIBRARIES))
    return tuple(
        folder + os.sep for spec in specs for folder in spec.submodule_search_locations or ()
    )


def _traced_line(node: Node) -> str:
    lines = [
        _line(found["file"], int(found["number"]))
        for found in _TRACED_LINE.finditer(node.meta.get("stack_trace") or "")
    ]
    return next((line for line in reversed(lines) if line), "")
