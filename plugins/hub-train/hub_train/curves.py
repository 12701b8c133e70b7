"""What a training looked like: its curve as CSV, and as a picture."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .checkpoints import written
from .loop import Progress

__all__ = ["draw", "write_csv", "write_tables"]


def write_tables(folder: Path, progress: Progress, steps: int) -> None:
    """Writes ``curve.csv``, a row for each epoch, and ``steps.csv``, a row for each step.

    Raises:
        TrainingError: they cannot be written.
    """
    names = list(dict.fromkeys(name for one in progress.epochs for name in one))
    rows = [
        [number, *(one.get(name, "") for name in names)]
        for number, one in enumerate(progress.epochs, 1)
    ]
    write_csv(folder / "curve.csv", ["epoch", *names], rows)
    write_csv(
        folder / "steps.csv",
        ["epoch", "step", "lr", "loss"],
        [
            [number // steps + 1, number % steps + 1, repr(rate), repr(loss)]
            for number, (rate, loss) in enumerate(zip(progress.rates, progress.losses, strict=True))
        ],
    )


def write_csv(path: Path, heading: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Writes a table completely or not at all.

    Raises:
        TrainingError: it cannot be written.
    """
    with written(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


def draw(path: Path, progress: Progress, steps: int, score: str, title: str) -> bool:
    """Draws loss, learning rate and the score against epochs.

    Returns:
        Whether it was drawn: matplotlib may be missing.

    Raises:
        TrainingError: it cannot be written.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ModuleNotFoundError:
        return False
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = [(number + 0.5) / steps for number in range(len(progress.losses))]
    left.plot(at, progress.losses, color="#2266aa", alpha=0.3, linewidth=0.8, label="each step")
    ends = range(1, len(progress.epochs) + 1)
    left.plot(ends, [one["loss"] for one in progress.epochs], color="#2266aa", marker=".",
              label="mean of the epoch")  # fmt: skip
    left.set(xlabel="epoch", ylabel="loss in training", title="loss")
    left.legend(loc="upper right")
    rate = left.twinx()
    rate.plot(at, progress.rates, color="#888888", linewidth=0.8, linestyle="--")
    rate.set_ylabel("highest learning rate", color="#888888")
    values = [one.get(score, math.nan) for one in progress.epochs]
    right.plot(ends, values, color="#dd7722", marker=".")
    if progress.best is not None:
        right.scatter([progress.best_epoch + 1], [progress.best], s=80, facecolor="none",
                      edgecolor="#dd7722", label=f"best: {progress.best:.2f}")  # fmt: skip
        right.legend(loc="lower right")
    right.set(xlabel="epoch", ylabel=f"{score} in validation", title=score)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.set_xlim(0, max(1, len(progress.epochs)) + 0.2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(title)
    with written(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
    return True
