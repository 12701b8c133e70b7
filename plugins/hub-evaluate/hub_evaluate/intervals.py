"""Confidence intervals by resampling the images (the bootstrap)."""

from __future__ import annotations

import numpy as np

from .metrics.base import Array, Resampled

__all__ = ["CONFIDENCE", "counts", "intervals"]

CONFIDENCE = 0.95


def intervals(
    metrics: Resampled, size: int, resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """The interval of each metric.

    Args:
        metrics: computes them for counts.
        size: the number of images.
        resamples: how often to draw as many images, with replacement.
        seed: of the drawing.

    Returns:
        The percentiles 2.5 and 97.5. Metrics that are undefined in some drawings have none.
    """
    if resamples < 1 or size < 2:
        return {}
    drawn = [metrics(counts(size, seed, number)) for number in range(resamples)]
    found = {}
    for name in drawn[0]:
        values = np.array([one[name] for one in drawn])
        values = values[~np.isnan(values)]
        if len(values) > resamples / 2:
            low, high = np.percentile(values, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
            found[name] = (float(low), float(high))
    return found


def counts(size: int, seed: int, number: int) -> Array:
    """How often each image is drawn, the same for the same seed and number."""
    random = np.random.default_rng([seed, number])
    return np.bincount(random.integers(0, size, size), minlength=size)
