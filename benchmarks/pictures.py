"""Pictures of tables, in one style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "hubcore"  # the same figures give the same file
from matplotlib import pyplot  # noqa: E402  # after the choice of its backend

__all__ = ["bars", "curve", "grouped"]

COLOURS = ("#9aa5b1", "#2f6fde", "#e08e45", "#5aa469")


def bars(
    names: Sequence[str],
    values: Sequence[float],
    label: str,
    file: Path,
    *,
    log: bool = False,
    line: float | None = None,
) -> None:
    """Horizontal bars, the first on top; ``line`` marks a value."""
    figure, axes = pyplot.subplots(figsize=(8, 0.32 * len(names) + 1), layout="constrained")
    bar = axes.barh(names, values, color=COLOURS[1])
    axes.bar_label(bar, [_short(value) for value in values], padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.margins(x=0.12, y=0.01)
    if log:
        axes.set_xscale("log")
    if line is not None:
        axes.axvline(line, color=COLOURS[2], linewidth=1)
    _save(figure, axes, file)


def grouped(
    names: Sequence[str], groups: Mapping[str, Sequence[float]], label: str, file: Path
) -> None:
    """Bars side by side, one of each group for each name."""
    figure, axes = pyplot.subplots(figsize=(8, 3.6), layout="constrained")
    width = 0.8 / len(groups)
    for index, (group, values) in enumerate(groups.items()):
        places = [place + (index - (len(groups) - 1) / 2) * width for place in range(len(names))]
        bar = axes.bar(places, values, width, label=group, color=COLOURS[index])
        axes.bar_label(bar, [_short(value) for value in values], padding=2, fontsize=7)
    axes.set_xticks(range(len(names)), names, rotation=15, ha="right", fontsize=8)
    axes.set_ylabel(label)
    axes.legend(frameon=False)
    _save(figure, axes, file)


def curve(
    places: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    labels: tuple[str, str],
    file: Path,
) -> None:
    """Lines over logarithmic axes."""
    figure, axes = pyplot.subplots(figsize=(8, 3.6), layout="constrained")
    for colour, (name, values) in zip(COLOURS[1:], lines.items(), strict=False):
        axes.loglog(places, values, marker="o", label=name, color=colour)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend(frameon=False)
    _save(figure, axes, file)


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"


def _save(figure: pyplot.Figure, axes: pyplot.Axes, file: Path) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
