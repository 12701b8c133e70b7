"""Metrics: which way is better, in what unit, and between what bounds. One table for all."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

__all__ = ["METRICS", "Metric", "figure", "metric_of"]


class Metric(NamedTuple):
    """What is known of a metric.

    Attributes:
        higher_is_better: whether the higher of two results is the better one.
        bounds: the lowest and the highest possible result.
        unit: ``%``, ``px`` or "".
        is_mean: whether it is a mean over inputs or pixels, so that a random part of the data gives
            the result of the whole on average. Means over classes, such as ``box_map``, do not.
    """

    higher_is_better: bool
    bounds: tuple[float, float]
    unit: str = ""
    is_mean: bool = False


_PERCENT = Metric(True, (0.0, 100.0), "%")
_RATE = Metric(True, (0.0, 100.0), "%", is_mean=True)
_ERROR_RATE = Metric(False, (0.0, 100.0), "%", is_mean=True)
_CALIBRATION = Metric(False, (0.0, 100.0), "%")
_PIXELS = Metric(False, (0.0, math.inf), "px", is_mean=True)
_GAIN = Metric(True, (-math.inf, math.inf))
_LOSS = Metric(False, (0.0, math.inf))

METRICS = {
    **dict.fromkeys(["box_map", "mask_map", "kp_map", "miou", "map", "iou", "dice"], _PERCENT),
    **dict.fromkeys(["f1", "precision", "recall", "auc", "auroc", "pq"], _PERCENT),
    **dict.fromkeys(["accuracy", "pixel_acc", "1px", "3px", "5px"], _RATE),
    **dict.fromkeys(["epe", "per_image_epe"], _PIXELS),
    **dict.fromkeys(["fl_all", "error"], _ERROR_RATE),
    "ece": _CALIBRATION,
    **dict.fromkeys(["psnr", "ssim"], _GAIN),
    **dict.fromkeys(["loss", "mae", "mse", "rmse", "fid", "lpips", "perplexity"], _LOSS),
}
"""The metrics that are known, by lower-case name; ``acc@1``, ``box_map_50`` ... are not here."""

_FAMILIES = re.compile(
    r"(acc|top|(?:(?:box|mask|kp)_)?map|ap|ar|recall|precision|iou)[@_-]?"
    r"([\d.:]+|small|medium|large)"
)


def figure(value: float) -> str:
    """A result as people read it: three decimals, so that columns align, or all that it has."""
    text = f"{value:.3f}"
    return text if float(text) == value else repr(float(value))


def metric_of(name: str) -> Metric | None:
    """What is known of a metric, by its name in any case; None if nothing is."""
    lower = name.lower()
    if lower in METRICS:
        return METRICS[lower]
    family = _FAMILIES.fullmatch(lower)
    if family is None:
        return None
    return _RATE if family[1] in ("acc", "top") else _PERCENT
