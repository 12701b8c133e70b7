"""What several processes of a training do together: a batch, and its normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from .errors import TrainingError

__all__ = ["Shares", "synchronised"]


class Shares:
    """The shares that processes have of a batch: each has every ``world_size``-th image of it.

    Args:
        fabric: the processes. None: there is one.
    """

    def __init__(self, fabric: Fabric | None = None) -> None:
        self._fabric = fabric
        self.rank = 0 if fabric is None else fabric.global_rank
        self.world_size = 1 if fabric is None else fabric.world_size

    def joined(self, rows: Tensor) -> Tensor:
        """The rows of all processes, in the order in which one process would have them.

        Args:
            rows: this process' own, (N, ...), as many as each of the others has.
        """
        if self._fabric is None or self.world_size == 1:
            return rows
        every = self._fabric.all_gather(rows)
        assert isinstance(every, Tensor)
        return every.transpose(0, 1).flatten(0, 1)

    def joined_list(self, items: Sequence[Any]) -> list[Any]:
        """As `joined`, for objects of any kind that can be pickled."""
        if self.world_size == 1:
            return list(items)
        every: list[Any] = [None] * self.world_size
        torch.distributed.all_gather_object(every, list(items))
        return [one for row in zip(*every, strict=True) for one in row]

    def own(self, whole: Any) -> Any:
        """This process' share of a tensor or a list."""
        return whole[self.rank :: self.world_size]


def synchronised(model: nn.Module, device: str) -> nn.Module:
    """The model with batch normalisation over the images of all processes.

    Args:
        model: the model; it is changed.
        device: the kind of device that it will run on.

    Returns:
        The model, in which each layer of batch normalisation is a `torch.nn.SyncBatchNorm`.

    Raises:
        TrainingError: it has such layers, and torch cannot synchronise them on this device.
    """
    if not any(isinstance(one, nn.modules.batchnorm._BatchNorm) for one in model.modules()):
        return model
    if device == "cpu":
        raise TrainingError(
            "On CPUs batch normalisation cannot be computed over several processes "
            '(torch.nn.SyncBatchNorm needs GPUs). Write batch_norm = "frozen" in the recipe, which '
            "keeps the statistics of the weights, or train in one process."
        )
    found: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]  # torch's
    return found
