"""Semantic segmentation: cross-entropy of each pixel, and of an auxiliary head's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it
from torchvision import tv_tensors
from torchvision.transforms import v2

from hub_evaluate.data.masks import IGNORED

from ..recipes import Recipe
from .base import Task, drawn_from

__all__ = ["SegmentationTask"]

AUXILIARY = 0.5
"""The weight of the auxiliary loss, as in torchvision's reference."""


class SegmentationTask(Task):
    """Trains models that return a dict with ``out``, and maybe ``aux``: (B, classes, H, W).

    Args:
        recipe: the recipe, whose sizes are set.
        preprocessing: mean and std of the evaluation's preprocessing.
    """

    score = "miou"

    def __init__(self, recipe: Recipe, preprocessing: Mapping[str, Any]) -> None:
        images = recipe.images
        base, crop = images.test_resize, images.train_size
        low, high = (int(base * factor) for factor in images.resize)
        fill: Any = {tv_tensors.Image: 0, tv_tensors.Mask: IGNORED}
        self._augment = v2.Compose(
            [
                v2.RandomResize(low, max(high, low + 1), antialias=True),
                v2.RandomHorizontalFlip(images.flip),
                v2.RandomCrop([crop, crop], pad_if_needed=True, fill=fill),
                v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
                v2.Normalize(preprocessing["mean"], preprocessing["std"]),
                v2.ToPureTensor(),
            ]
        )
        self._auxiliary = AUXILIARY if recipe.loss.auxiliary < 0 else recipe.loss.auxiliary

    def item(self, image: Image, target: Any, seed: int) -> tuple[Tensor, Tensor]:
        with drawn_from(seed):
            found: tuple[Tensor, Tensor] = self._augment(
                tv_tensors.Image(v2.functional.pil_to_tensor(image)),
                tv_tensors.Mask(torch.from_numpy(np.asarray(target, np.int64))),
            )
        return found

    def collate(self, items: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        return torch.stack([image for image, _ in items]), torch.stack([mask for _, mask in items])

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, masks = batch
        outputs = model(images)
        total = F.cross_entropy(outputs["out"], masks, ignore_index=IGNORED)
        if "aux" in outputs:
            aux = F.cross_entropy(outputs["aux"], masks, ignore_index=IGNORED)
            total = total + self._auxiliary * aux
        return total
