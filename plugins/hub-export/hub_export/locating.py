"""Where the results of an exported model begin to differ: the layer, and who computes it so."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import Interpreter, Node

from .agreement import RELATIVE
from .layers import Layers
from .values import Values, graph_of, values_of_graph, values_of_layers

__all__ = ["Beginning", "Shown", "computed_otherwise", "traced_otherwise", "unrepeatable"]

AT_ONCE = 16
"""Values that are kept at the same time: those of a large image take some 50 MB each."""

Shown: TypeAlias = "Callable[[Sequence[Any]], Iterable[Any]]"
"""Shows the progress over a sequence."""

_Call: TypeAlias = "tuple[str, int]"


@dataclass(frozen=True)
class Beginning:
    """Where a difference begins.

    Attributes:
        layer: the layer, such as ``layer4.2.conv3``.
        operation: the operation in it, such as ``convolution``; "" for the layer as a whole.
        difference: the largest one of its values, in parts of the largest of them.
    """

    layer: str
    operation: str
    difference: float

    def __str__(self) -> str:
        operation = self.operation and f" ({self.operation})"
        if math.isnan(self.difference):
            return f"{self.layer}{operation}: NaN or another shape in one of the two"
        return f"{self.layer}{operation}: {self.difference:.1g} of its largest value"


def unrepeatable(
    module: nn.Module, program: ExportedProgram, inputs: Sequence[Tensor], layers: Layers
) -> Beginning | None:
    """The first layer that gives other values each time it is run."""
    calls = [*_outputs(program)]
    first, second = (values_of_layers(module, inputs, calls) for _ in range(2))
    for call in calls:
        if call in first and not torch.equal(first[call], second[call]):
            difference = relative(first[call], second[call])
            return Beginning(layers.name(call[0]), "", difference)
    return None


def traced_otherwise(
    module: nn.Module,
    program: ExportedProgram,
    inputs: Sequence[Tensor],
    layers: Layers,
    shown: Shown,
) -> Beginning | None:
    """The first layer whose output differs between a module and the graph that was traced of it.

    Args:
        module: the module.
        program: what was traced of it.
        inputs: what to run both on.
        layers: the names of the layers.
        shown: shows the progress.
    """
    graph = graph_of(program)
    outputs = _outputs(program)
    for calls in shown(_parts([*outputs])):
        ours = values_of_layers(module, inputs, calls)
        theirs = values_of_graph(graph, inputs, [outputs[call] for call in calls])
        for call in calls:
            if call not in ours:
                continue
            difference = relative(ours[call], theirs[outputs[call]])
            if not difference <= RELATIVE:
                return Beginning(layers.name(call[0]), "", difference)
    return None


def _outputs(program: ExportedProgram) -> dict[_Call, str]:
    """The operation that gives the output of each call of a layer, in the order of the graph.

    Of layers that give one tensor: the one that is used outside of the layer.
    """
    found: dict[str, list[tuple[int, Node]]] = {}
    paths: dict[str, str] = {}
    for number, node in enumerate(program.graph.nodes):
        if not isinstance(node.meta.get("val"), Tensor):
            continue
        for key, (path, _) in node.meta.get("nn_module_stack", {}).items():
            if any(key not in user.meta.get("nn_module_stack", {}) for user in node.users):
                found.setdefault(key, []).append((number, node))
                paths[key] = path
    single = [(key, *nodes[0]) for key, nodes in found.items() if len(nodes) == 1 and paths[key]]
    # Of several layers that end with the same operation the innermost is first.
    single.sort(key=lambda one: (one[1], -paths[one[0]].count(".")))
    return {(paths[key], _number(key)): node.name for key, _, node in single}


def _number(key: str) -> int:
    """Which call of a layer an entry of ``nn_module_stack`` is: the second ends in ``@1``."""
    again = re.search(r"@(\d+)$", key)
    return int(again[1]) if again else 0


def computed_otherwise(
    program: ExportedProgram,
    values: Values,
    arrays: Mapping[str, Any],
    layers: Layers,
    shown: Shown,
) -> Beginning | None:
    """The first operation that a file computes otherwise than torch does.

    Each is computed from the file's own values, so that rounding does not add up.

    Args:
        program: the graph that the file was made from.
        values: those inside of the file.
        arrays: what to run both on, by the names of the inputs.
        layers: the names of the layers.
        shown: shows the progress.

    Returns:
        The operation. If none is above the bound, the one with the largest difference.
    """
    beside = _Beside(program, values, arrays, layers, shown)
    with torch.inference_mode():
        beside.run(*(torch.from_numpy(array) for array in arrays.values()))
    return beside.first or beside.first_of_integers or beside.largest


class _Beside(Interpreter):
    """Runs a graph, and goes on with the file's values wherever it has them.

    Attributes:
        first: where values differ by more than the bound.
        first_of_integers: where integers differ, such as the order of equal scores, which may be
            harmless.
        largest: the largest difference below the bound.
    """

    first: Beginning | None = None
    first_of_integers: Beginning | None = None
    largest: Beginning | None = None

    def __init__(
        self,
        program: ExportedProgram,
        values: Values,
        arrays: Mapping[str, Any],
        layers: Layers,
        shown: Shown,
    ) -> None:
        super().__init__(graph_of(program))
        self.extra_traceback = False
        self._values, self._arrays, self._layers = values, arrays, layers
        self._nodes = {
            node.name: node
            for node in program.graph.nodes
            if node.name in values.names and isinstance(node.meta.get("val"), Tensor)
        }
        self._parts: Iterator[Sequence[str]] = iter(shown(_parts([*self._nodes])))
        self._theirs: Mapping[str, Any] = {}
        # Where operations work in place, other values would tear apart what shares memory.
        self._replaces = not any(map(_works_in_place, program.graph.nodes))

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if self.first or n.name not in self._nodes:
            return value
        if n.name not in self._theirs:
            self._theirs = self._values.run(self._arrays, next(self._parts))
        theirs = torch.as_tensor(self._theirs[n.name])
        self._note(self._nodes[n.name], value, theirs)
        fits = self._replaces and theirs.shape == value.shape
        return theirs.to(value.dtype) if fits else value

    def _note(self, node: Node, ours: Tensor, theirs: Tensor) -> None:
        difference = relative(ours, theirs)
        if ours.dtype == torch.uint8 and difference * float(ours.max()) < 1.5:
            return  # two resizes may round a level of colour otherwise
        found = Beginning(self._layers.of_node(node) or node.name, _operation(node), difference)
        if ours.is_floating_point():
            if not difference <= RELATIVE:
                self.first = found
            elif self.largest is None or difference > self.largest.difference:
                self.largest = found
        elif difference != 0:
            self.first_of_integers = self.first_of_integers or found


def _operation(node: Node) -> str:
    if node.target is operator.getitem and isinstance(node.args[0], Node):
        return _operation(node.args[0])  # of what gives several values
    return str(getattr(node.target, "__name__", node.target)).partition(".")[0]


def _works_in_place(node: Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def relative(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference of two tensors, in parts of the largest value; NaN if shapes differ.

    Values that are infinite, or no number, in both are equal.
    """
    if ours.shape != theirs.shape:
        return float("nan")
    if not ours.numel():
        return 0.0
    one, other = ours.double(), theirs.double()
    apart = (one - other).abs()
    apart[(one == other) | (one.isnan() & other.isnan())] = 0
    largest = one.abs().nan_to_num(0, 0, 0).max()
    return float(apart.max() / largest.clamp_min(1e-12))


def _parts(names: Sequence[Any]) -> list[Sequence[Any]]:
    return [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
