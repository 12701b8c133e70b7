"""Image classification: augmentation, MixUp and CutMix, cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it
from torchvision.transforms import v2

from ..processes import Shares
from ..recipes import Recipe
from .base import Task, drawn_from

__all__ = ["ClassificationTask", "augmentation"]

AUXILIARY = {"GoogLeNetOutputs": 0.3, "InceptionOutputs": 0.4}
"""The weights of the auxiliary losses, as the papers of GoogLeNet and Inception-v3 give them."""


class ClassificationTask(Task):
    """Trains classifiers that return logits (B, classes).

    Args:
        recipe: the recipe, whose sizes are set.
        categories: the names of the classes.
        preprocessing: the arguments of `hubcore.transforms.ImageClassification`.
    """

    score = "acc@1"

    def __init__(
        self, recipe: Recipe, categories: Sequence[str], preprocessing: Mapping[str, Any]
    ) -> None:
        self._augment = augmentation(recipe, preprocessing)
        self._smoothing = recipe.loss.label_smoothing
        self._auxiliary = recipe.loss.auxiliary
        mixes: list[nn.Module] = []
        if recipe.images.mixup:
            mixes.append(v2.MixUp(alpha=recipe.images.mixup, num_classes=len(categories)))
        if recipe.images.cutmix:
            mixes.append(v2.CutMix(alpha=recipe.images.cutmix, num_classes=len(categories)))
        self._mix = v2.RandomChoice(mixes) if mixes else None

    def item(self, image: Image, target: int, seed: int) -> tuple[Tensor, int]:
        with drawn_from(seed):
            return self._augment(image), target

    def collate(self, items: Sequence[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
        return torch.stack([image for image, _ in items]), torch.tensor([one for _, one in items])

    def mixed(
        self, pieces: Sequence[tuple[Tensor, Tensor]], seed: int, shares: Shares
    ) -> Sequence[tuple[Tensor, Tensor]]:
        if self._mix is None:
            return pieces
        whole = [shares.joined(interleaved(parts)) for parts in zip(*pieces, strict=True)]
        with drawn_from(seed):
            images, labels = map(shares.own, self._mix(*whole))
        count = len(pieces)
        return [(images[piece::count], labels[piece::count]) for piece in range(count)]

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        output = model(images)
        if isinstance(output, Tensor):
            return self._loss(output, labels)
        weight = AUXILIARY[type(output).__name__] if self._auxiliary < 0 else self._auxiliary
        logits, *others = (one for one in output if one is not None)
        total = self._loss(logits, labels)
        for one in others:
            total = total + weight * self._loss(one, labels)
        return total

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=self._smoothing)


def interleaved(parts: Sequence[Tensor]) -> Tensor:
    """The rows of which each part has every ``len(parts)``-th."""
    first = parts[0]
    whole = first.new_empty((sum(map(len, parts)), *first.shape[1:]))
    for number, part in enumerate(parts):
        whole[number :: len(parts)] = part
    return whole


def augmentation(recipe: Recipe, preprocessing: Mapping[str, Any]) -> v2.Compose:
    """The transforms of a training image, in the order of torchvision's reference.

    Args:
        recipe: the recipe, whose ``images.train_size`` is set.
        preprocessing: the arguments of the evaluation's preprocessing: interpolation, mean, std.

    Returns:
        A transform from a PIL image in RGB to a float32 tensor (3, size, size).
    """
    images = recipe.images
    interpolation = v2.InterpolationMode(preprocessing["interpolation"])
    size = [images.train_size, images.train_size]
    steps: list[nn.Module] = []
    if images.crop == "center":
        steps += [v2.Resize(images.test_resize, interpolation, antialias=True), v2.CenterCrop(size)]
    else:
        steps.append(v2.RandomResizedCrop(size, images.scale, interpolation=interpolation))
    if images.flip:
        steps.append(v2.RandomHorizontalFlip(images.flip))
    if images.policy:
        steps.append(_policy(images.policy, images.magnitude, interpolation))
    steps += [
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(preprocessing["mean"], preprocessing["std"]),
    ]
    if images.erase:
        steps.append(v2.RandomErasing(images.erase))
    return v2.Compose([*steps, v2.ToPureTensor()])


def _policy(name: str, magnitude: int, interpolation: v2.InterpolationMode) -> nn.Module:
    made: nn.Module
    if name == "trivialaugment":
        made = v2.TrivialAugmentWide(interpolation=interpolation)
    elif name == "randaugment":
        made = v2.RandAugment(interpolation=interpolation, magnitude=magnitude)
    elif name == "augmix":
        made = v2.AugMix(interpolation=interpolation)
    else:
        made = v2.AutoAugment(interpolation=interpolation)
    return made
