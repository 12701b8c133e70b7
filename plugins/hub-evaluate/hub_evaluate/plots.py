"""Pictures of evaluations, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hubcore.atomic_write import atomic_write
from hubcore.catalogs.metrics import metric_of
from hubcore.errors import MissingDependencyError

from .errors import EvaluationError
from .metrics.classification import calibration
from .results import Evaluation

__all__ = ["AXES", "FORMATS", "plot", "save"]

AXES = {
    "params": "parameters (millions)",
    "ops": "operations (GFLOPs)",
    "ms": "latency on this machine (ms)",
}
FORMATS = (".png", ".svg", ".pdf")
WORST = 10
BLUE, GREY, PALE = "#2266aa", "#888888", "#e4e4e4"


def plot(evaluations: Sequence[Evaluation], places: Sequence[Mapping[str, float]], by: str) -> Any:
    """Draws what suits the evaluations.

    One classifier: its calibration, and the classes that it confuses most. Otherwise: each model's
    first metric against its size or its speed.

    Args:
        evaluations: at least one.
        places: for each the values of `AXES`, as far as they are known.
        by: the horizontal axis, a key of `AXES`.

    Returns:
        A figure of matplotlib's.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        EvaluationError: the values of the axis are not known.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Drawing needs matplotlib: pip install 'hub-evaluate[plot]'", "matplotlib"
        ) from error
    [first, *others] = evaluations
    if not others and "classification" in first.task:
        figure = Figure(figsize=(12, 5.5), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
        _calibration(left, first)
        _confusion(right, first)
        figure.suptitle(f"{first.model}: {_headline(first)} on {first.samples} inputs")
        return figure
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    _scatter(figure.subplots(), evaluations, places, by)
    return figure


def save(figure: Any, path: Path) -> None:
    """Writes a figure completely or not at all.

    Raises:
        EvaluationError: it cannot be written, or the suffix names no known format.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise EvaluationError(f"{path}: cannot be drawn: the name must end in {', '.join(FORMATS)}")
    try:
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format=kind[1:], dpi=150)
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written: {error.strerror or error}") from error


def _headline(evaluation: Evaluation) -> str:
    name, measure = next(iter(evaluation.metrics.items()))
    text = f"{name} {measure.value:.1f}"
    if measure.low is not None:
        text += f" [{measure.low:.1f}, {measure.high:.1f}]"
    return text


def _scatter(
    axes: Any,
    evaluations: Sequence[Evaluation],
    places: Sequence[Mapping[str, float]],
    by: str,
) -> None:
    metric = next(iter(evaluations[0].metrics))
    for evaluation, values in zip(evaluations, places, strict=True):
        if by not in values:
            raise EvaluationError(f"{evaluation.weights} does not state its {AXES[by]}.")
    ends = [values[by] for values in places[: len(evaluations)]]
    middle = (min(ends) + max(ends)) / 2
    for evaluation, values in zip(evaluations, places, strict=True):
        measure = evaluation.metrics[metric]
        below = above = 0.0
        if measure.low is not None and measure.high is not None:
            below, above = measure.value - measure.low, measure.high - measure.value
        axes.errorbar(
            values[by],
            measure.value,
            yerr=[[max(0.0, below)], [max(0.0, above)]],
            fmt="o",
            color=BLUE,
            ecolor=GREY,
            capsize=4,
        )
        # Names of points on the right stand left of them, so that none leaves the picture.
        right = values[by] > middle
        axes.annotate(
            evaluation.model,
            (values[by], measure.value),
            (-8 if right else 8, 5),
            textcoords="offset points",
            ha="right" if right else "left",
        )
    known = metric_of(metric)
    lower = known is not None and not known.higher_is_better
    unit = f" ({known.unit})" if known is not None and known.unit else ""
    axes.set_xlabel(AXES[by])
    axes.set_ylabel(f"{metric}{unit}, {'lower is better' if lower else 'higher is better'}")
    axes.set_title(
        f"{evaluations[0].samples} inputs of {evaluations[0].facts['data']['name']}, "
        f"with intervals of 95 %"
    )
    axes.margins(x=0.25, y=0.15)
    axes.xaxis.get_major_locator().set_params(min_n_ticks=3)
    _plain(axes)


def _calibration(axes: Any, evaluation: Evaluation) -> None:
    seen = [one for one in evaluation.observations if one["classes"]]
    confidence = np.array([one["probability"] for one in seen])
    correct = np.array([one["classes"][0] == one["target"] for one in seen])
    bins = calibration(confidence, correct)
    most = max(number for *_, number in bins)
    axes.plot([0, 1], [0, 1], "--", color=GREY, label="perfectly calibrated")
    axes.vlines(
        [said for said, *_ in bins],
        [right for _, right, _ in bins],
        [said for said, *_ in bins],
        color=PALE,
        linewidth=5,
        zorder=0,
    )
    axes.plot([said for said, *_ in bins], [right for _, right, _ in bins], "-", color=BLUE, lw=1)
    for said, right, number in bins:
        size = 20 + 200 * number / most
        axes.scatter(said, right, s=size, color=BLUE, edgecolor="white", zorder=3, clip_on=False)
    error = evaluation.metrics["ece"].value
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="probability that the model states",
        ylabel="share that is right",
        title=f"calibration: error {error:.1f} % (larger dots: more images)",
        aspect="equal",
    )
    axes.legend(loc="upper left", frameon=False)
    _plain(axes)


def _plain(axes: Any) -> None:
    """A light grid behind what is drawn, and no frame on the right and above."""
    axes.set_axisbelow(True)
    axes.grid(color=PALE)
    axes.spines[["top", "right"]].set_visible(False)


def _confusion(axes: Any, evaluation: Evaluation) -> None:
    """The classes with the most wrong images, and what they are taken for."""
    wrong: dict[int, Counter[int]] = {}
    total: Counter[int] = Counter(one["target"] for one in evaluation.observations)
    for one in evaluation.observations:
        if one["classes"] and one["classes"][0] != one["target"]:
            wrong.setdefault(one["target"], Counter())[one["classes"][0]] += 1
    worst = sorted(wrong, key=lambda name: (-sum(wrong[name].values()), name))[:WORST]
    if not worst:
        axes.text(0.5, 0.5, "no image is wrong", ha="center", va="center")
        axes.set_axis_off()
        return
    taken: Counter[int] = sum((wrong[name] for name in worst), Counter())
    columns = [name for name, _ in taken.most_common(WORST)]
    values = np.array(
        [[100 * wrong[row][column] / total[row] for column in columns] for row in worst]
    )
    axes.imshow(values, cmap="Blues", vmin=0, vmax=max(1.0, values.max()), aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if value:
            color = "white" if value > 0.6 * values.max() else "black"
            text = f"{value:.0f}" if value >= 0.5 else "<1"
            axes.text(column, row, text, ha="center", va="center", color=color)
    axes.set_xticks(
        range(len(columns)), [_label(evaluation, one) for one in columns], rotation=40, ha="right"
    )
    axes.set_yticks(range(len(worst)), [_label(evaluation, one) for one in worst])
    axes.set(
        xlabel="taken for",
        ylabel="true class",
        title="classes with the most errors (% of the class)",
    )
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _label(evaluation: Evaluation, index: int) -> str:
    names = evaluation.measuring.categories
    text = names[index] if index < len(names) else f"class {index}"
    return text if len(text) <= 22 else f"{text[:20]}..."
