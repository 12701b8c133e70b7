"""The end-point error of optical flow, and the share of outliers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from hubcore.prediction import Flow, Result

from ..data import Sample
from ..errors import DataError
from .base import Array, Metrics, Observation, Resampled

__all__ = ["FlowMetrics"]

SHARES = ("1px", "3px", "5px", "fl_all")


class FlowMetrics(Metrics):
    """``epe`` and ``per_image_epe`` in pixels; ``1px``, ``3px``, ``5px`` and ``fl_all`` in percent.

    ``epe`` is the mean over all pixels of all images, ``per_image_epe`` the mean of the images'
    means, as in torchvision's reference. ``1px`` is the share of pixels with an error below one
    pixel, ``fl_all`` that of errors above 3 pixels and 5 % of the true movement.
    """

    def observe(self, sample: Sample, result: Result) -> Observation:
        assert isinstance(result, Flow)  # as all results of this task
        flow, known = sample.target()
        truth = torch.from_numpy(np.ascontiguousarray(flow))
        flow_found = torch.from_numpy(np.asarray(result.flow))  # engines without torch give arrays
        if truth.shape != flow_found.shape:
            sizes = " and ".join("{2} x {1}".format(*one.shape) for one in (truth, flow_found))
            raise DataError(f"{sample.id}: the flow and the images have different sizes: {sizes}")
        error = ((flow_found - truth) ** 2).sum(dim=0).sqrt()
        length = (truth**2).sum(dim=0).sqrt()
        valid = torch.from_numpy(np.ascontiguousarray(known))
        error, length = error[valid], length[valid]
        if not error.numel():
            return self.failed(sample)
        outlier = (error > 3) & (error / length > 0.05)
        return {
            "pixels": error.numel(),
            "epe": error.mean().item(),
            **{f"{one}px": (error < one).float().mean().item() for one in (1, 3, 5)},
            "fl_all": outlier.float().mean().item(),
        }

    def failed(self, sample: Sample) -> Observation:
        return {"pixels": 0, "epe": 0.0, **dict.fromkeys(SHARES, 0.0)}

    def compute(self, observations: Sequence[Observation]) -> dict[str, float]:
        return self.resampled(observations)(np.ones(len(observations), np.int64))

    def resampled(self, observations: Sequence[Observation]) -> Resampled:
        pixels = np.array([one["pixels"] for one in observations], np.int64)
        values = {
            name: np.array([one[name] for one in observations], np.float64)
            for name in ("epe", *SHARES)
        }

        def metrics(counts: Array) -> dict[str, float]:
            weights = pixels * counts
            total, images = int(weights.sum()), int(counts[pixels > 0].sum())
            if not total:
                return dict.fromkeys(("epe", "per_image_epe", *SHARES), math.nan)
            found = {
                "epe": _sum(values["epe"] * weights) / total,
                "per_image_epe": _sum(values["epe"] * counts) / images,
            }
            for name in SHARES:
                found[name] = _sum(100 * values[name] * weights) / total
            return found

        return metrics

    def score(self, observation: Observation) -> float | None:
        value: float = observation["epe"]
        return value if observation["pixels"] else None


def _sum(values: Array) -> float:
    """Adds in order, as the reference does: numpy's own sum adds pairs."""
    return float(np.add.accumulate(values)[-1])
