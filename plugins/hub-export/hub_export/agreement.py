"""How far an exported file agrees with the hub's own prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = [
    "IOU",
    "RELATIVE",
    "Agreement",
    "Arrays",
    "Measure",
    "bare",
    "difference",
    "joined",
]

Arrays: TypeAlias = "Mapping[str, np.ndarray[Any, Any]]"

IOU = 0.999
"""The least overlap of boxes and of masks."""
RELATIVE = 1e-3
"""Of a bare model's output, or a layer's: the largest difference, in parts of its largest value."""


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


def joined(agreements: Sequence[Agreement]) -> Agreement:
    """Those for several inputs as one: the worst of each measure."""
    columns = zip(*(one.measures for one in agreements), strict=True)
    number = sum(one.inputs for one in agreements)
    return Agreement(number, tuple(_worst(column) for column in columns))


def _worst(measures: Sequence[Measure]) -> Measure:
    for measure in measures:
        if not measure.holds:
            return measure
    choose = min if measures[0].at_least else max
    return choose(measures, key=lambda measure: measure.worst)


def bare(expected: Arrays, found: Arrays) -> list[Measure]:
    """Compares the outputs of a bare model."""
    worst = 0.0
    for name, ours in expected.items():
        scale = max(float(np.abs(ours).max()), 1e-12)
        worst = float(np.maximum(worst, difference(ours, found[name]) / scale))
    return [Measure("outputs: largest relative difference", worst, RELATIVE)]


def difference(ours: Any, theirs: Any) -> float:
    """The largest absolute difference of two arrays, NaN if their shapes differ."""
    if ours.shape != theirs.shape:
        return float("nan")
    return float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max(initial=0.0))
