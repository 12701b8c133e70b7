"""Accuracy, and the calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hubcore.prediction import ClassificationResult, Result

from ..data import Sample
from .base import Array, Metrics, Observation, Resampled

__all__ = ["ClassificationMetrics", "calibration"]

BINS = 15


class ClassificationMetrics(Metrics):
    """``acc@1`` and ``acc@5`` in percent, and the expected calibration error ``ece`` in percent."""

    failures_count = "counted as wrong"

    def observe(self, sample: Sample, result: Result) -> Observation:
        assert isinstance(result, ClassificationResult)  # as all results of this task
        return {
            "target": sample.target,
            "classes": [found.category_id for found in result.classes],
            "probability": result.classes[0].probability,
        }

    def failed(self, sample: Sample) -> Observation:
        return {"target": sample.target, "classes": [], "probability": None}

    def compute(self, observations: Sequence[Observation]) -> dict[str, float]:
        return self.resampled(observations)(np.ones(len(observations), np.int64))

    def resampled(self, observations: Sequence[Observation]) -> Resampled:
        first = np.array([one["target"] in one["classes"][:1] for one in observations], bool)
        five = np.array([one["target"] in one["classes"][:5] for one in observations], bool)
        confidence = np.array([one["probability"] or 0.0 for one in observations])

        def metrics(counts: Array) -> dict[str, float]:
            total = int(counts.sum())
            if not total:
                return {"acc@1": np.nan, "acc@5": np.nan, "ece": np.nan}
            found = {"acc@1": 100 * int(counts[first].sum()) / total}
            if len(self.categories) > 5:
                found["acc@5"] = 100 * int(counts[five].sum()) / total
            bins = calibration(confidence, first, counts)
            error = sum(number * abs(right - said) for said, right, number in bins)
            return {**found, "ece": 100 * float(error) / total}

        return metrics

    def score(self, observation: Observation) -> float | None:
        value: float | None = observation["probability"]
        return value


def calibration(
    confidence: Array, correct: Array, counts: Array | None = None
) -> list[tuple[float, float, int]]:
    """Compares how sure a model is with how often it is right, in bins of equal width.

    Args:
        confidence: float, (N,): the probability of the first class, in [0, 1].
        correct: bool, (N,): whether it is the right one.
        counts: int, (N,): how often each counts. Default: once.

    Returns:
        For each bin that is not empty: the mean confidence, the share that is right, the number.
    """
    counts = np.ones(len(confidence), np.int64) if counts is None else counts
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    number = np.bincount(places, counts, BINS)
    said = np.bincount(places, counts * confidence, BINS)
    right = np.bincount(places, counts * correct, BINS)
    return [
        (
            float(said[place] / number[place]),
            float(right[place] / number[place]),
            int(number[place]),
        )
        for place in np.flatnonzero(number)
    ]
