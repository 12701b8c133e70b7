"""Metrics: which way is better, in what unit, and between what bounds. One table for all."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

__all__ = ["METRICS", "Metric", "metric_of"]


class Metric(NamedTuple):
    """What is known of a metric.

    Attributes:
        higher_is_better: whether the higher of two results is the better one.
        bounds: the lowest and the highest possible result.
        unit: ``%``, ``px`` or "".
    """

    higher_is_better: bool
    bounds: tuple[float, float]
    unit: str = ""


_PERCENT = Metric(True, (0.0, 100.0), "%")
_PERCENT_WRONG = Metric(False, (0.0, 100.0), "%")
_PIXELS = Metric(False, (0.0, math.inf), "px")
_GAIN = Metric(True, (-math.inf, math.inf))
_LOSS = Metric(False, (0.0, math.inf))

METRICS = {
    **dict.fromkeys(
        ["box_map", "mask_map", "kp_map", "miou", "pixel_acc", "map", "iou", "dice"], _PERCENT
    ),
    **dict.fromkeys(["accuracy", "f1", "precision", "recall", "auc", "auroc", "pq"], _PERCENT),
    **dict.fromkeys(["epe", "per_image_epe"], _PIXELS),
    **dict.fromkeys(["fl_all", "error", "ece"], _PERCENT_WRONG),
    **dict.fromkeys(["psnr", "ssim"], _GAIN),
    **dict.fromkeys(["loss", "mae", "mse", "rmse", "fid", "lpips", "perplexity"], _LOSS),
}
"""The metrics that are known, by their names in lower case; ``acc@1`` and its like are not here."""

_FAMILIES = re.compile(r"(acc|top|map|ap|ar|recall|precision|iou)[@_-]?[\d.:]+")


def metric_of(name: str) -> Metric | None:
    """What is known of a metric, by its name in any case; None if nothing is."""
    lower = name.lower()
    return METRICS.get(lower) or (_PERCENT if _FAMILIES.fullmatch(lower) else None)
