"""What the training of each task is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.utils.data import Dataset

from hub_evaluate.data import Data
from hub_evaluate.errors import DataError
from hubcore.prediction import InputError

from ..errors import TrainingError
from ..processes import Shares
from ..sampling import Draw

__all__ = ["Images", "Task", "drawn_from"]

Item = Any
Batch = Any


class Task(ABC):
    """How a task's images are augmented, become a batch, and give a loss."""

    score: str
    """The metric that says which weights are the best, higher being better."""

    pinned = True
    """Whether batches may be copied to pinned memory, which makes plain tensors of `tv_tensors`."""

    @abstractmethod
    def item(self, image: Image, target: Any, seed: int) -> Item:
        """Augments an image and its target; all that is random is drawn from ``seed``.

        Args:
            image: a PIL image in RGB.
            target: as `hub_evaluate.data.Data` gives it for the task.
            seed: for torch's generator.
        """

    @abstractmethod
    def collate(self, items: Sequence[Item]) -> Batch:
        """Makes a batch of items."""

    def mixed(self, pieces: Sequence[Batch], seed: int, shares: Shares) -> Sequence[Batch]:
        """Mixes the images of a step with one another, where the recipe says so.

        The images are those of all pieces and of all processes, so that neither changes what is
        mixed.

        Args:
            pieces: the batches that the step is cut into: each ``len(pieces)``-th image.
            seed: of all that is random in it, the same one in each process.
            shares: the processes.
        """
        return pieces

    @abstractmethod
    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """The loss of a batch, a scalar, of a model in training mode."""

    def fault(self, size: tuple[int, int], target: Any) -> str | None:
        """What is wrong with the target of an image of this width and height, or None."""
        return None


class Images(Dataset[Item]):
    """The training images, augmented: an item for each `Draw`."""

    def __init__(self, data: Data, task: Task) -> None:
        self.data = data
        self.task = task

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, draw: Draw) -> tuple[Item, int]:
        try:
            image, target = self.data[draw.image]
            return self.task.item(image, target, draw.seed), draw.batch_seed
        except (InputError, DataError) as error:
            # Not every error can be pickled, and it comes from a worker.
            raise TrainingError(f"{error}. It could be read when the training began.") from None

    def collate(self, items: Sequence[tuple[Item, int]]) -> tuple[Batch, int]:
        """Makes a batch, with the seed of what is random in all of its step."""
        return self.task.collate([item for item, _ in items]), items[0][1]


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Draws from a seed inside, and leaves torch's generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
