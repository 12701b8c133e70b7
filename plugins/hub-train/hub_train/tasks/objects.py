"""Detection, instance masks and keypoints, with torchvision's detection models.

Such a model takes images and targets in training mode, and returns its losses, which are summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor, nn
from torchvision import tv_tensors
from torchvision.transforms import v2

from ..processes import Shares
from ..recipes import Images, Recipe
from ..transforms import FixedSizeCrop, SimpleCopyPaste
from ..transforms.objects import selected
from .base import Task, drawn_from
from .flipping import Flip

__all__ = ["ObjectTask", "augmentation", "target_of"]

SCORES = {
    "object-detection": "box_map",
    "instance-segmentation": "mask_map",
    "keypoint-detection": "kp_map",
}
MEAN = (123.0, 117.0, 104.0)
"""What padding is filled with, as in torchvision's reference; for values in [0, 255]."""

Item = tuple[Tensor, dict[str, Any]]
Batch = tuple[list[Tensor], list[dict[str, Any]]]


class ObjectTask(Task):
    """Trains models of `torchvision.models.detection`.

    Args:
        recipe: the recipe.
        task: "object-detection", "instance-segmentation" or "keypoint-detection".
        keypoints: the names of the keypoints; those of a left and a right side change places in a
            flip.
    """

    def __init__(self, recipe: Recipe, task: str, keypoints: Sequence[str] = ()) -> None:
        self._keypoints = keypoints
        self.score = SCORES[task]
        self._augment = augmentation(recipe.images, keypoints)
        self._paste = SimpleCopyPaste() if recipe.images.copy_paste else None
        self.pinned = self._paste is None

    def item(self, image: Image, target: Mapping[str, Any], seed: int) -> Item:
        objects = target_of(target, (image.height, image.width))
        with drawn_from(seed):
            found: Item = self._augment(
                tv_tensors.Image(v2.functional.pil_to_tensor(image)), objects
            )
        return found

    def fault(self, size: tuple[int, int], target: Mapping[str, Any]) -> str | None:
        width, height = size
        for number, box in enumerate(target["boxes"].tolist()):
            left, top, right, bottom = box
            if target["iscrowd"][number]:
                continue
            if not (right > left and bottom > top):
                return f"an empty box: {box} (left, top, right, bottom)"
            if left >= width or top >= height or right <= 0 or bottom <= 0:
                return f"a box outside of the image of {width} x {height} pixels: {box}"
            if "masks" in target and not target["masks"][number].any():
                return f"an empty mask, of the object with the box {box}"
        if "keypoints" in target and len(target["keypoints"]):
            points = target["keypoints"].shape[1]
            if points != len(self._keypoints):
                return f"{points} keypoints an object, and the model has {len(self._keypoints)}"
        return None

    def collate(self, items: Sequence[Item]) -> Any:
        return _batch(items) if self._paste is None else items

    def mixed(self, pieces: Sequence[Any], seed: int, shares: Shares) -> Sequence[Batch]:
        if self._paste is None:
            return pieces
        count = len(pieces)
        mine: list[Any] = [None] * sum(map(len, pieces))
        for number, piece in enumerate(pieces):
            mine[number::count] = piece
        images, targets = zip(*shares.joined_list(mine), strict=True)
        with drawn_from(seed):
            pasted = shares.own(list(zip(*self._paste(images, targets), strict=True)))
        return [_batch(pasted[piece::count]) for piece in range(count)]

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        losses: Mapping[str, Tensor] = model(*batch)
        first, *others = losses.values()
        return sum(others, first)


def augmentation(images: Images, keypoints: Sequence[str]) -> nn.Module:
    """The transforms of an image and its objects, as torchvision's reference has them.

    Args:
        images: the recipe's settings.
        keypoints: the names of the keypoints.
    """
    flip = Flip(images.flip, keypoints)
    zoom = v2.RandomZoomOut(fill={tv_tensors.Image: list(MEAN), "others": 0})
    steps: dict[str, list[nn.Module]] = {
        "": [],
        "flip": [flip],
        "multiscale": [v2.RandomShortestSize(list(images.shortest), images.longest), flip],
        "large-scale-jitter": [
            v2.ScaleJitter((images.jitter_size, images.jitter_size)),
            FixedSizeCrop(images.jitter_size, fill=MEAN),
            flip,
        ],
        "ssd": [v2.RandomPhotometricDistort(), zoom, v2.RandomIoUCrop(), flip],
        "ssdlite": [v2.RandomIoUCrop(), flip],
    }  # fmt: skip
    made: nn.Module = v2.Compose([*steps[images.objects], Sanitize()])
    return made


class Sanitize(nn.Module):
    """Removes objects without a box, with all their values; keypoints outside are not visible."""

    def forward(self, image: Tensor, target: dict[str, Any]) -> Item:
        boxes = target["boxes"]
        height, width = boxes.canvas_size
        clamped = v2.functional.clamp_bounding_boxes(boxes)
        sides = _plain(clamped)
        kept = (sides[:, 2] > sides[:, 0]) & (sides[:, 3] > sides[:, 1])
        target = selected({**target, "boxes": clamped}, kept)
        if "keypoints" in target:
            points = _plain(target["keypoints"])
            limit = torch.tensor([width, height], dtype=points.dtype)
            inside = ((points >= 0) & (points < limit)).all(dim=-1)
            target["visibility"] = target["visibility"] * inside
        return image, target


def target_of(target: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    """An image's objects as tensors. Crowds are left out, as in torchvision's reference.

    Args:
        target: arrays, as `hub_evaluate.data.Data` gives them.
        size: the image's height and width.

    Returns:
        ``boxes`` (N, 4), ``labels`` (N,), ``area`` (N,); if there are such, ``masks`` (N, H, W)
        uint8, and ``keypoints`` (N, K, 2) with ``visibility`` (N, K).
    """
    rows = ~target["iscrowd"]
    boxes = tv_tensors.BoundingBoxes(
        torch.from_numpy(target["boxes"][rows]), format="XYXY", canvas_size=size
    )
    found: dict[str, Any] = {
        "boxes": v2.functional.clamp_bounding_boxes(boxes),
        "labels": torch.from_numpy(target["labels"][rows]),
        "area": torch.from_numpy(target["area"][rows]),
    }
    if "masks" in target:
        found["masks"] = tv_tensors.Mask(torch.from_numpy(target["masks"][rows]).to(torch.uint8))
    if "keypoints" in target:
        points = torch.from_numpy(target["keypoints"][rows])
        found["keypoints"] = tv_tensors.KeyPoints(points[..., :2], canvas_size=size)
        found["visibility"] = points[..., 2]
    return found


def _batch(items: Sequence[Item]) -> Batch:
    """What the models take: images with values in [0, 1], and targets."""
    images = [v2.functional.to_dtype(image, torch.float32, scale=True) for image, _ in items]
    return [_plain(one) for one in images], [_for_model(target) for _, target in items]


def _for_model(target: Mapping[str, Any]) -> dict[str, Tensor]:
    made = {key: _plain(value) for key, value in target.items() if key != "visibility"}
    if "keypoints" in made:
        made["keypoints"] = torch.cat([made["keypoints"], target["visibility"][..., None]], dim=-1)
    return made


def _plain(value: Tensor) -> Tensor:
    return value.as_subclass(torch.Tensor)
