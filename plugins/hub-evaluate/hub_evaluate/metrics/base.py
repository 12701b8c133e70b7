"""What the metrics of all tasks have in common.

Each input is reduced to an observation: a small dict, ready for JSON, that holds all that the
metrics need of it. A metric is a function of the observations in the data's order, so nothing
depends on batches, workers or interruptions, and a resampling is a count for each observation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from hubcore.prediction import Result

from ..data import Sample

__all__ = ["Array", "Metrics", "Observation", "Resampled"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Observation: TypeAlias = dict[str, Any]
Resampled: TypeAlias = Callable[[Array], dict[str, float]]


class Metrics(ABC):
    """The metrics of a task.

    Args:
        categories: the weights' categories.
        task: the name of the task.
    """

    failures_count = "left out"
    """How an input that cannot be read counts, for the report."""

    resamples = 1000
    """The number of resamplings for an interval, by default."""

    best = 5
    """The number of classes that predictions need to have."""

    def __init__(self, categories: Sequence[str], task: str) -> None:
        self.categories = categories
        self.task = task

    @abstractmethod
    def observe(self, sample: Sample, result: Result) -> Observation:
        """Reduces a prediction to what the metrics need of it.

        Raises:
            DataError: the target cannot be read, or does not fit.
        """

    def failed(self, sample: Sample) -> Observation:
        """The observation of an input that cannot be read."""
        return {}

    @abstractmethod
    def compute(self, observations: Sequence[Observation]) -> dict[str, float]:
        """The metrics, by the names that catalogues use. NaN where nothing counts."""

    @abstractmethod
    def resampled(self, observations: Sequence[Observation]) -> Resampled:
        """A function that computes the metrics for counts (observations,), int64."""

    @abstractmethod
    def score(self, observation: Observation) -> float | None:
        """One number for an observation, by which two runs are compared. None if it failed."""
