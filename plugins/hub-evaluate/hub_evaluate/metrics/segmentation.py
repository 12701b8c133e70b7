"""Mean intersection over union, and the accuracy of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hubcore.prediction import Result, SemanticMask

from ..data import Sample
from ..errors import DataError
from .base import Array, Metrics, Observation, Resampled

__all__ = ["SegmentationMetrics"]


class SegmentationMetrics(Metrics):
    """``miou`` and ``pixel_acc`` in percent.

    From a matrix of true and predicted classes that is summed over all pixels of all images, in the
    formula and the arithmetic (float32) of torchvision's reference. The mean is over the classes
    that are in the data or in a prediction; the reference gives NaN if one is in neither.
    """

    def observe(self, sample: Sample, result: Result) -> Observation:
        assert isinstance(result, SemanticMask)  # as all results of this task
        truth, found = np.asarray(sample.target(), np.int64), np.asarray(result.mask)
        if truth.shape != found.shape:
            sizes = " and ".join("{1} x {0}".format(*one.shape) for one in (truth, found))
            raise DataError(f"{sample.id}: the mask and the image have different sizes: {sizes}")
        number = self._number
        counted = (truth >= 0) & (truth < number)
        places = number * truth[counted] + found[counted]
        cells, counts = np.unique(places, return_counts=True)
        return {"cells": cells.tolist(), "counts": counts.tolist()}

    @property
    def _number(self) -> int:
        return len(self.categories)

    def failed(self, sample: Sample) -> Observation:
        return {"cells": [], "counts": []}

    def compute(self, observations: Sequence[Observation]) -> dict[str, float]:
        return self.resampled(observations)(np.ones(len(observations), np.int64))

    def resampled(self, observations: Sequence[Observation]) -> Resampled:
        cells = np.array([cell for one in observations for cell in one["cells"]], np.int64)
        pixels = np.array([count for one in observations for count in one["counts"]], np.int64)
        owner = np.repeat(np.arange(len(observations)), [len(one["cells"]) for one in observations])
        number = self._number

        def metrics(counts: Array) -> dict[str, float]:
            matrix = np.zeros(number * number, np.int64)
            np.add.at(matrix, cells, pixels * counts[owner])
            h = torch.from_numpy(matrix.reshape(number, number)).float()
            right = torch.diag(h)
            shares = right / (h.sum(1) + h.sum(0) - right)
            return {
                "miou": shares[~shares.isnan()].mean().item() * 100,
                "pixel_acc": (right.sum() / h.sum()).item() * 100,
            }

        return metrics

    def score(self, observation: Observation) -> float | None:
        total = sum(observation["counts"])
        step = self._number + 1  # of the diagonal
        pairs = zip(observation["cells"], observation["counts"], strict=True)
        right = sum(count for cell, count in pairs if cell % step == 0)
        return right / total if total else None
