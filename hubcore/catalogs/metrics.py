"""Metrics: which way is better, in what unit, and between what bounds.

One table for all, and after it what tasks of installed packages say of theirs.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .tasks import all_tasks

__all__ = ["METRICS", "Metric", "described", "figure", "forget", "impossible", "metric_of"]


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
    """What is known of a metric, by its name in any case; None if nothing is.

    A package cannot change what a metric of the table means. Of one that packages describe
    differently nothing is known.
    """
    lower = name.lower()
    if lower in METRICS:
        return METRICS[lower]
    family = _FAMILIES.fullmatch(lower)
    if family is None:
        return _of_tasks().get(lower)
    return _RATE if family[1] in ("acc", "top") else _PERCENT


def impossible(results: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What cannot be true of results on a data set.

    Yields:
        For each fault the metric ("" for one of several together), what is wrong, and what is to
        be done.
    """
    known = {}
    for name, value in results.items():
        if value is None:  # not measured
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield name, f"{value!r} is no number", "write a number"
            continue
        known[name.lower()] = value
        metric = metric_of(name)
        lowest, highest = metric.bounds if metric else (-math.inf, math.inf)
        if not lowest <= value <= highest:
            limits = f"{lowest:g} or more" if math.isinf(highest) else f"{lowest:g} to {highest:g}"
            yield name, f"{value:g} is impossible", f"it is {limits}"
    if known.get("acc@1", 0) > known.get("acc@5", math.inf):
        yield "", "acc@1 is higher than acc@5", "correct one of them"


def forget() -> None:
    """Discards what tasks said, for a package that was installed since."""
    _of_tasks.cache_clear()


@functools.cache
def _of_tasks() -> dict[str, Metric | None]:
    """The metrics of tasks by lower-case name; None for one that packages describe differently."""
    found: dict[str, Metric | None] = {}
    for task in all_tasks():
        for name, facts in task.metrics.items() if task.status == "ok" else ():
            metric, lower = described(facts), name.lower()
            found[lower] = metric if found.setdefault(lower, metric) == metric else None
    return found


def described(facts: Mapping[str, Any]) -> Metric | None:
    """A metric as a task's JSON file describes it; None if that is no description."""
    better, bounds = facts.get("better"), facts.get("bounds", (None, None))
    if better not in ("higher", "lower"):
        return None
    try:
        low, high = bounds
        lowest = -math.inf if low is None else float(low)
        highest = math.inf if high is None else float(high)
    except (TypeError, ValueError):
        return None
    unit = facts.get("unit", "")
    if unit not in ("", "%", "px"):
        return None
    return Metric(better == "higher", (lowest, highest), unit, bool(facts.get("mean")))
