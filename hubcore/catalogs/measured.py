"""When a measured figure says something of a published one: the rule, for records and evaluations.

Measured on all inputs of a data set, a figure is ``reproduced`` or ``differs``. Measured on a part
that was drawn from it at random, the interval decides: the figure ``agrees`` or ``differs``. A part
that somebody chose, a few inputs, and a mean over classes on a part say nothing: ``undecided``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .metrics import metric_of

__all__ = ["LEAST", "SIZES", "STATES", "Figure", "state_of", "tolerance"]

STATES = ("differs", "reproduced", "agrees", "undecided", "unpublished", "not measured")
"""What may be said of a metric. Where records disagree, the first in this order is told."""

SIZES = {
    "ImageNet-1K": 50_000,
    "COCO-val2017": 5_000,
    "COCO-val2017-VOC-labels": 5_000,
    "Sintel-Train-Cleanpass": 1_041,
    "Sintel-Train-Finalpass": 1_041,
    "Kitti-Train": 200,
}
"""The number of inputs of data sets whose size is fixed, by the names under which figures are
published. Others have as many as they were measured on."""

LEAST = 100
"""Resampling fewer inputs gives too narrow an interval: of ten that are all right, [100, 100]."""

_TOLERANCES = {"%": 0.05, "px": 0.01}


class Figure(NamedTuple):
    """A measured figure.

    Attributes:
        value: what was measured; None or NaN if nothing in the data counts for it.
        low: the lower end of its interval of 95 %, or None.
        high: the upper end, or None.
        samples: the number of inputs that it was measured on.
        of: the number that they were drawn from at random; the same if all were taken.
    """

    value: float | None
    low: float | None
    high: float | None
    samples: int
    of: int


def state_of(metric: str, figure: Figure, published: float | None, dataset: str | None) -> str:
    """What a measured figure says of the published one, the first five of `STATES`.

    Args:
        metric: the metric's name.
        figure: what was measured.
        published: the published figure, or None: ``unpublished``.
        dataset: the name under which the figure is published.
    """
    if published is None:
        return "unpublished"
    value = figure.value
    if value is None or math.isnan(value):
        return "undecided"
    size = SIZES.get(dataset or "", figure.of)
    if figure.samples == figure.of == size:
        near = abs(value - published) <= tolerance(metric, published)
        return "reproduced" if near else "differs"
    known = metric_of(metric)
    random = figure.of == size and known is not None and known.is_mean
    if not random or figure.samples < LEAST or figure.low is None or figure.high is None:
        return "undecided"
    return "agrees" if figure.low <= published <= figure.high else "differs"


def tolerance(metric: str, published: float) -> float:
    """By how much a figure may differ and be reproduced.

    Half of the last digit that papers give: 0.05 for percent, 0.01 for pixels; of others a
    thousandth. Machines and versions of decoders change the digits behind it.
    """
    known = metric_of(metric)
    return _TOLERANCES.get(known.unit if known else "", abs(published) / 1000)
