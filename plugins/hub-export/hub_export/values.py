"""Values inside of models: of a traced graph's operations, and of a module's layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import GraphModule, Interpreter, Node

__all__ = ["Values", "graph_of", "values_of_graph", "values_of_layers"]


@dataclass(frozen=True)
class Values:
    """The values inside of an exported file.

    Attributes:
        names: the operations of the traced graph whose values the file still has.
        run: runs the file: the inputs by name, and the operations whose values to give.
    """

    names: frozenset[str]
    run: Callable[[Mapping[str, Any], Sequence[str]], Mapping[str, np.ndarray[Any, Any]]]


def graph_of(program: ExportedProgram) -> GraphModule:
    """The graph of a program, to be run; its operations have the names that they have there."""
    return program.module(check_guards=False)


def values_of_graph(
    graph: GraphModule, inputs: Sequence[Tensor], names: Collection[str]
) -> dict[str, Tensor]:
    """Runs a graph.

    Args:
        graph: of `graph_of`.
        inputs: its inputs.
        names: the operations whose values to give.
    """
    reader = _Reader(graph, names)
    with torch.inference_mode():
        reader.run(*inputs)
    return reader.found


class _Reader(Interpreter):
    def __init__(self, graph: GraphModule, names: Collection[str]) -> None:
        super().__init__(graph)
        self.extra_traceback = False
        self._names, self.found = {*names}, dict[str, Tensor]()

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if n.name in self._names:
            self.found[n.name] = value.clone()  # later operations may work in place
        return value


def values_of_layers(
    module: nn.Module, inputs: Sequence[Tensor], calls: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Tensor]:
    """Runs a module.

    Args:
        module: the module, not traced.
        inputs: its inputs.
        calls: the layers whose outputs to give, each as its path and which of its calls, from 0.

    Returns:
        Those outputs that are tensors.
    """
    count: Counter[str] = Counter()
    found = {}

    def hook(path: str) -> Callable[..., None]:
        def note(layer: nn.Module, arguments: Any, output: Any) -> None:
            call = path, count[path]
            count[path] += 1
            if call in calls and isinstance(output, Tensor):
                found[call] = output.clone()

        return note

    with ExitStack() as hooks, torch.inference_mode():
        for path in {path for path, _ in calls}:
            handle = module.get_submodule(path).register_forward_hook(hook(path))
            hooks.callback(handle.remove)
        module(*inputs)
    return found
