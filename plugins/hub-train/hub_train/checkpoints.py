"""Checkpoints: all that a training needs to go on, written completely or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from hubcore.atomic_write import atomic_write

from .errors import TrainingError

__all__ = ["load", "save", "written"]

FORMAT = 1


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Writes a state: tensors, numbers and texts in dicts and lists.

    Raises:
        TrainingError: it cannot be written, as on a full disk. What was there before stays.
    """
    with written(path) as temporary, temporary.open("wb") as file:
        torch.save({"format": FORMAT, **state}, file)


def load(path: Path) -> dict[str, Any]:
    """Reads a state. It runs no code from the file.

    Raises:
        TrainingError: it is none, or was written by a newer version.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is none
        raise TrainingError(
            f"{path}: the checkpoint cannot be read ({type(error).__name__}). Remove it to begin "
            f"anew."
        ) from error
    if state.get("format") != FORMAT:
        raise TrainingError(
            f"{path}: the checkpoint was written by another version of hub-train. Choose another "
            f"--output."
        )
    return state


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """`atomic_write`, with errors in the words of training.

    Raises:
        TrainingError: the file cannot be written.
    """
    try:
        with atomic_write(path) as temporary:
            yield temporary
    except (OSError, RuntimeError) as error:  # torch's writer raises the second on a full disk
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise TrainingError(
            f"{path}: cannot be written: {reason}. What was written before is whole: make room, "
            f"and the same command goes on from there."
        ) from error
