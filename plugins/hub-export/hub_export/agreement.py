"""How far an exported file agrees with the hub's own prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Agreement", "Arrays", "Measure", "compared"]

Arrays: TypeAlias = "Mapping[str, np.ndarray[Any, Any]]"

PROBABILITY = 0.01
"""The largest difference of a probability: what a pixel that was rounded otherwise may cost."""
TIE = 0.001
"""Classes whose probabilities are closer than this are equally likely."""
IOU = 0.999
RELATIVE = 1e-3
"""Of a bare model's output: the largest difference, in parts of its largest value."""


@dataclass(frozen=True)
class Measure:
    """One comparison, over all inputs.

    Attributes:
        name: what was compared.
        worst: the worst value found.
        bound: the value that it must reach: at most, or at least if ``at_least``.
        at_least: whether larger is better.
    """

    name: str
    worst: float
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """False also for NaN."""
        return self.worst >= self.bound if self.at_least else self.worst <= self.bound

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return f"{self.name} {self.worst:.4g} ({sign} {self.bound:g})"


@dataclass(frozen=True)
class Agreement:
    """What comparing a file with the hub's prediction gave.

    Attributes:
        inputs: the number of inputs, photos and seeded ones.
        measures: what was measured.
    """

    inputs: int
    measures: tuple[Measure, ...]

    @property
    def holds(self) -> bool:
        return all(measure.holds for measure in self.measures)

    def __str__(self) -> str:
        return f"{self.inputs} inputs: {', '.join(map(str, self.measures))}"


def compared(
    task: str, expected: Sequence[Arrays], found: Sequence[Arrays], *, raw: bool
) -> Agreement:
    """Compares the outputs for several inputs.

    Args:
        task: the model's task.
        expected: the hub's own outputs, by the names that a file gives them.
        found: the file's outputs.
        raw: whether these are outputs of the bare model.
    """
    measures = _MEASURES["raw" if raw else task]
    rows = [measures(one, other) for one, other in zip(expected, found, strict=True)]
    columns = zip(*rows, strict=True)
    return Agreement(len(rows), tuple(_worst(column) for column in columns))


def _worst(measures: Sequence[Measure]) -> Measure:
    for measure in measures:
        if not measure.holds:
            return measure
    choose = min if measures[0].at_least else max
    return choose(measures, key=lambda measure: measure.worst)


def _classes(expected: Arrays, found: Arrays) -> list[Measure]:
    ours, theirs = expected["probabilities"], found["probabilities"]
    # How much less likely, by the hub's own numbers, the file's first class is than the first.
    likeliest = np.take_along_axis(ours, theirs.argmax(-1)[..., None], -1)
    lost = float((ours.max(-1, keepdims=True) - likeliest).max())
    chosen = np.take_along_axis(theirs, found["labels"], -1)
    return [
        Measure("first class: lost probability", lost, TIE),
        Measure("probabilities: largest difference", _difference(ours, theirs), PROBABILITY),
        Measure("scores: difference", _difference(found["scores"], chosen), 0.0),
    ]


def _mask(expected: Arrays, found: Arrays) -> list[Measure]:
    ours, theirs = expected["mask"], found["mask"]
    if ours.shape != theirs.shape:
        return [Measure("mask: IoU", float("nan"), IOU, at_least=True)]
    equal = int((ours == theirs).sum())  # summed over the classes, so that all pixels count alike
    return [Measure("mask: IoU", equal / (2 * ours.size - equal), IOU, at_least=True)]


def _bare(expected: Arrays, found: Arrays) -> list[Measure]:
    worst = 0.0
    for name, ours in expected.items():
        scale = max(float(np.abs(ours).max()), 1e-12)
        worst = float(np.maximum(worst, _difference(ours, found[name]) / scale))
    return [Measure("outputs: largest relative difference", worst, RELATIVE)]


def _difference(ours: Any, theirs: Any) -> float:
    if ours.shape != theirs.shape:
        return float("nan")
    return float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max(initial=0.0))


_MEASURES = {
    "image-classification": _classes,
    "semantic-segmentation": _mask,
    "raw": _bare,
}
