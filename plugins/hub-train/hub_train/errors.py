"""Errors of training."""

from __future__ import annotations

from pathlib import Path

from hubcore.errors import HubError

__all__ = ["NotFiniteError", "RecipeError", "TrainingError"]


class TrainingError(HubError):
    """Nothing can be trained with this model, these data or these options."""


class RecipeError(TrainingError):
    """A recipe is not one: it cannot be read, or a value in it is wrong."""


class NotFiniteError(TrainingError):
    """The loss became infinite or NaN. What was trained before is kept.

    Attributes:
        epoch, step: where, counted from 0.
        samples: the names of the images of the batch.
        checkpoint: the last good checkpoint, or None if there was none yet.
    """

    def __init__(
        self, value: float, epoch: int, step: int, samples: list[str], checkpoint: Path | None
    ) -> None:
        self.epoch, self.step, self.samples, self.checkpoint = epoch, step, samples, checkpoint
        named = ", ".join(samples[:8]) + (f" and {len(samples) - 8} more" if samples[8:] else "")
        kept = (
            f"The last good checkpoint is kept: {checkpoint}. The same command goes on from it."
            if checkpoint
            else "There was no checkpoint yet."
        )
        super().__init__(
            f"The loss became {value} in epoch {epoch + 1}, step {step + 1}, with the batch of "
            f'{named}. {kept} Lower the learning rate ("lr" in the recipe), clip gradients '
            f'("clip_gradients"), or look at these images.'
        )
