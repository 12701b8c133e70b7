"""The order of training: which images are seen when, and from what their randomness is drawn.

Order and augmentation are functions of the seed and the place in the training, and of nothing
else: not of the number of processes or of workers, nor of whether the training was interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler

__all__ = ["Draw", "EpochBatches", "RepeatedAugmentationSampler", "order_of", "seed_of"]


class Draw(NamedTuple):
    """One image of an epoch.

    Attributes:
        image: which image of the data, by its index.
        seed: of its augmentation.
        batch_seed: of what is random in its batch, over all processes and pieces.
    """

    image: int
    seed: int
    batch_seed: int


def seed_of(*place: int) -> int:
    """A seed for a place in the training, such as (seed, epoch, position); 0 to 2**63 - 1."""
    high, low = np.random.SeedSequence(place).generate_state(2, np.uint32)
    return (int(high) << 32 | int(low)) & (2**63 - 1)


def order_of(size: int, seed: int, epoch: int, repeats: int = 1) -> list[int]:
    """The images of an epoch, in their order.

    Args:
        size: the number of images.
        seed: of the training.
        epoch: the number of the epoch.
        repeats: how often an image comes in a row, each time augmented anew. The epoch stays as
            long as without, so it sees a part of the images only.
    """
    order = np.random.default_rng((seed, epoch)).permutation(size)
    return np.repeat(order, repeats)[:size].tolist()  # type: ignore[no-any-return]  # numpy's


class RepeatedAugmentationSampler(Sampler[int]):
    """Indices in random order, each several times in a row, for a `DataLoader` of any pipeline.

    Repeated augmentation: a batch holds several differently augmented copies of an image (Hoffer
    et al., "Augment your batch", 2019; Berman et al., "MultiGrain", 2019). An epoch has as many
    samples as without, so it sees 1 / ``repeats`` of the images. Over several processes the copies
    of an image go to different ones, as MultiGrain does it.

    Args:
        size: the number of images.
        repeats: the copies of each image.
        seed: of the order.
        rank: the number of this process.
        world_size: the number of processes.
        multiple_of: an epoch's samples are cut to a multiple of it, over all processes.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        size: int,
        *,
        repeats: int = 3,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        multiple_of: int = 1,
    ) -> None:
        if min(size, repeats, world_size, multiple_of) < 1 or not 0 <= rank < world_size:
            raise ValueError("size, repeats, world_size and multiple_of are at least 1, and "
                             "0 <= rank < world_size")  # fmt: skip
        self.size, self.repeats, self.seed = size, repeats, seed
        self.rank, self.world_size = rank, world_size
        self._epoch_length = size // multiple_of * multiple_of // world_size * world_size
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch comes next: each has its own order."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._epoch_length // self.world_size

    def __iter__(self) -> Iterator[int]:
        order = order_of(self.size, self.seed, self._epoch, self.repeats)
        return iter(order[self.rank : self._epoch_length : self.world_size])


class EpochBatches(Sampler[list[Draw]]):
    """The batches of one epoch for one process.

    All processes together see the batches that one process would see: each takes every
    ``world_size``-th image of each of them. A piece has every ``pieces``-th image of that, so two
    processes have what one process has that cuts its batches in two.

    Args:
        size: the number of images.
        batch_size: the images of a step, over all processes and all pieces.
        pieces: into how many batches a step is cut, for gradient accumulation.
        seed, epoch, repeats: as for `order_of`.
        first_step: the step of the epoch to begin with.
        rank, world_size: the number of this process, and of all.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        *,
        pieces: int = 1,
        seed: int = 0,
        epoch: int = 0,
        repeats: int = 1,
        first_step: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self._batch_size = min(batch_size, size)
        seeds = [seed_of(seed, epoch, position) for position in range(size)]
        self._draws = [
            Draw(index, own, seeds[position // self._batch_size * self._batch_size] ^ 1)
            for position, (index, own) in enumerate(
                zip(order_of(size, seed, epoch, repeats), seeds, strict=True)
            )
        ]
        self._pieces, self._first = pieces, first_step
        self._rank, self._world = rank, world_size

    @property
    def steps(self) -> int:
        """The steps of the whole epoch. A last batch that would be smaller is left out."""
        return len(self._draws) // self._batch_size

    def __len__(self) -> int:
        return (self.steps - self._first) * self._pieces

    def __iter__(self) -> Iterator[list[Draw]]:
        for step in range(self._first, self.steps):
            batch = self._draws[step * self._batch_size : (step + 1) * self._batch_size]
            own = batch[self._rank :: self._world]
            for piece in range(self._pieces):
                yield own[piece :: self._pieces]
