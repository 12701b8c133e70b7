"""A horizontal flip that knows left from right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from ..transforms.objects import is_keypoints

__all__ = ["Flip"]


class Flip(nn.Module):
    """Flips an image and its objects. A left eye becomes a right one.

    Args:
        p: the probability.
        names: the names of the keypoints; ``left_...`` and ``right_...`` change places.
    """

    def __init__(self, p: float, names: Sequence[str] = ()) -> None:
        super().__init__()
        self.p = p
        self._order = [names.index(_mirrored(name, names)) for name in names]

    def forward(self, image: Tensor, target: Mapping[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        if not bool(torch.rand(()) < self.p):
            return image, dict(target)
        flipped: dict[str, Any] = {}
        for key, value in target.items():
            flipped[key] = value
            if key in ("boxes", "masks") or is_keypoints(value):
                flipped[key] = v2.functional.horizontal_flip(value)
        if "keypoints" in flipped and self._order:
            points = flipped["keypoints"]
            moved = points.as_subclass(torch.Tensor)[:, self._order]
            flipped["keypoints"] = type(points)(moved, canvas_size=points.canvas_size)
            flipped["visibility"] = flipped["visibility"][:, self._order]
        return v2.functional.horizontal_flip(image), flipped


def _mirrored(name: str, names: Sequence[str]) -> str:
    for one, other in (("left", "right"), ("right", "left")):
        if one in name and name.replace(one, other) in names:
            return name.replace(one, other)
    return name
