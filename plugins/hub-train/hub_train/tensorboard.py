"""The curve as TensorBoard shows it, while the training goes on."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from hubcore.errors import MissingDependencyError

from .errors import TrainingError

if TYPE_CHECKING:
    from .loop import Progress

__all__ = ["FOLDER", "Events", "check_tensorboard"]

FOLDER = "tensorboard"
EVENTS = "events.out.tfevents."


def check_tensorboard() -> None:
    """Checks that the package tensorboard is there.

    Raises:
        MissingDependencyError: it is not.
    """
    try:
        import_module("tensorboard")
    except ImportError as error:
        raise MissingDependencyError(
            "Curves for TensorBoard need the package tensorboard: pip install "
            "'hub-train[tensorboard]'.",
            "tensorboard",
        ) from error


class Events:
    """An event file with the loss and the learning rate of each step, and each epoch's metrics.

    The file is written from the beginning again when a training goes on, so that no step is in it
    twice. A context manager.

    Args:
        folder: for the file; event files in it are removed.

    Raises:
        TrainingError: it cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        try:
            folder.mkdir(exist_ok=True)
            for old in folder.glob(f"{EVENTS}*"):
                old.unlink()
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            reason = error.strerror or str(error)
            raise TrainingError(f"{folder}: cannot be written to: {reason}") from error
        self._steps = self._epochs = 0

    def follow(self, progress: Progress) -> None:
        """Writes what a training has done since the last call.

        Steps and epochs are counted from 1, as in ``steps.csv`` and ``curve.csv``.

        Raises:
            TrainingError: the file cannot be written.
        """
        try:
            self._follow(progress)
        except OSError as error:
            reason = error.strerror or str(error)
            raise TrainingError(
                f"{self._writer.log_dir}: cannot be written to: {reason}"
            ) from error

    def _follow(self, progress: Progress) -> None:
        add = self._writer.add_scalar
        for number in range(self._steps, len(progress.losses)):
            add("step/loss", progress.losses[number], number + 1)
            add("step/lr", progress.rates[number], number + 1)
        for number in range(self._epochs, len(progress.epochs)):
            for name, value in progress.epochs[number].items():
                if not math.isnan(value):
                    add(f"epoch/{name}", value, number + 1)
        self._steps, self._epochs = len(progress.losses), len(progress.epochs)
        self._writer.flush()

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
