"""The objects of an image, as transforms v2 write them: which values belong to each object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as F  # noqa: N812  # the field's name for it

__all__ = ["corners", "count", "is_keypoints", "per_object", "remade", "selected"]

KEYPOINTS: type[Tensor] | None = getattr(tv_tensors, "KeyPoints", None)  # torchvision 0.23


def is_keypoints(value: Any) -> bool:
    """Whether a value holds keypoints."""
    return KEYPOINTS is not None and isinstance(value, KEYPOINTS)


def count(target: Mapping[str, Any]) -> int:
    """The number of objects.

    Raises:
        TypeError: there are no bounding boxes.
    """
    for value in target.values():
        if isinstance(value, tv_tensors.BoundingBoxes):
            return len(value)
    raise TypeError(
        "The target holds no bounding boxes: expected a dict with a torchvision.tv_tensors."
        "BoundingBoxes, usually as 'boxes'"
    )


def per_object(target: Mapping[str, Any], number: int) -> set[str]:
    """The keys of the values that have one entry for each object."""
    return {
        key
        for key, value in target.items()
        if isinstance(value, Tensor) and value.ndim and len(value) == number
    } - {"image_id"}


def selected(target: Mapping[str, Any], chosen: Tensor) -> dict[str, Any]:
    """A target with some of its objects.

    Args:
        target: the target.
        chosen: bool, (N,): which objects stay; or their indices.
    """
    keys = per_object(target, count(target))
    return {
        key: remade(plain(value)[chosen], value) if key in keys else value
        for key, value in target.items()
    }


def plain(value: Tensor) -> Tensor:
    """A tensor without the meaning that tv_tensors give it."""
    return value.as_subclass(torch.Tensor)


def remade(values: Tensor, like: Tensor) -> Tensor:
    """Values with the meaning (format, size of the canvas) of another tensor."""
    if not isinstance(like, tv_tensors.TVTensor):
        return values
    made: Tensor = tv_tensors.wrap(values, like=like)
    return made


def corners(boxes: Tensor) -> Tensor:
    """Bounding boxes as float or integer tensor (N, 4) of left, top, right and bottom."""
    if not isinstance(boxes, tv_tensors.BoundingBoxes):
        return boxes
    return plain(F.convert_bounding_box_format(boxes, new_format="XYXY"))
