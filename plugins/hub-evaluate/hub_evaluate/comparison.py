"""`compare`: the difference of two evaluations on the same inputs, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from hubcore.catalogs.metrics import metric_of

from .errors import EvaluationError
from .intervals import intervals
from .metrics.base import Array
from .results import Evaluation

__all__ = ["Difference", "compare"]


@dataclass(frozen=True)
class Difference:
    """How much a metric of the second is above the first's.

    Attributes:
        metric: the metric's name.
        first: the first's value.
        second: the second's value.
        low: the lower end of the difference's interval of 95 %, or None.
        high: its upper end.
    """

    metric: str
    first: float
    second: float
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float:
        """Second minus first."""
        return self.second - self.first

    @property
    def clear(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> str | None:
        """``first`` or ``second``; None if it is not clear, or not known which way is better."""
        known = metric_of(self.metric)
        if known is None or not self.clear:
            return None
        return "second" if (self.value > 0) == known.higher_is_better else "first"


def compare(
    first: Evaluation, second: Evaluation, *, resamples: int | None = None, seed: int = 0
) -> dict[str, Difference]:
    """Compares two evaluations, input by input: each resampling draws the same inputs for both.

    Args:
        first: an evaluation.
        second: another one of the same inputs.
        resamples: the number of resamplings. Default: as for `evaluate`.
        seed: of the resampling.

    Raises:
        EvaluationError: they are of different inputs.
    """
    if list(first.ids) != list(second.ids):
        raise EvaluationError(
            f"{first.weights} and {second.weights} were evaluated on different inputs: only the "
            f"same ones can be compared."
        )
    one = first.measuring.resampled(first.observations)
    other = second.measuring.resampled(second.observations)

    def differences(counts: Array) -> dict[str, float]:
        before, after = one(counts), other(counts)
        return {name: after[name] - before[name] for name in before if name in after}

    number = first.measuring.resamples if resamples is None else resamples
    ranges = intervals(differences, len(first.ids), number, seed)
    return {
        name: Difference(
            name, measure.value, second.metrics[name].value, *ranges.get(name, (None, None))
        )
        for name, measure in first.metrics.items()
        if name in second.metrics
    }
