"""`FixedSizeCrop`: a crop at a random place, padded to a fixed size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as F  # noqa: N812  # the field's name for it

from .objects import corners, is_keypoints, plain, remade, selected

__all__ = ["FixedSizeCrop"]


class FixedSizeCrop(nn.Module):
    """Crops an image at a random place, and pads it at the right and below, to a fixed size.

    The second half of large-scale jitter, after `torchvision.transforms.v2.ScaleJitter`: an image
    that is larger is cropped, one that is smaller is padded (Ghiasi et al., "Simple Copy-Paste is a
    Strong Data Augmentation Method for Instance Segmentation", 2021, section 3). Boxes, masks and
    keypoints follow; boxes are clamped to the crop, and objects of which nothing remains are
    removed with all their values. Padding is 0 in instance masks and ``ignored`` in semantic ones.

    Args:
        size: height and width of the result in pixels, or one number for both.
        fill: the value of padded pixels, or one for each channel, in the image's own range.
        ignored: the value of padded pixels in a mask (H, W) of classes.

    Raises:
        ValueError: the size is less than a pixel.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        fill: float | Sequence[float] = 0,
        *,
        ignored: int = 255,
    ) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else (size[0], size[1])
        if min(self.size) < 1:
            raise ValueError(f"size must be at least 1, not {size}")
        self.fill = fill
        self.ignored = ignored

    def forward(self, image: Any, target: Any = None) -> Any:
        """Crops an image and what belongs to it. The place is drawn from torch's generator.

        Args:
            image: a PIL image, or a tensor (..., H, W).
            target: None; or a dict of tv_tensors and values for each object; or one tv_tensor.

        Returns:
            The image, with its target if one was given.
        """
        height, width = F.get_size(image)
        top, left = (_offset(old, new) for old, new in zip((height, width), self.size, strict=True))
        kept = (min(height, self.size[0]), min(width, self.size[1]))
        cropped = self._placed(image, top, left, kept)
        if target is None:
            return cropped
        if not isinstance(target, Mapping):
            return cropped, self._placed(target, top, left, kept)
        moved = {
            key: self._placed(value, top, left, kept)
            if isinstance(value, tv_tensors.TVTensor)
            else value
            for key, value in target.items()
        }
        for value in moved.values():
            if isinstance(value, tv_tensors.BoundingBoxes):
                box = corners(value)
                moved = selected(moved, (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1]))
                break
        return cropped, moved

    def _placed(self, value: Any, top: int, left: int, kept: tuple[int, int]) -> Any:
        height, width = kept
        if is_keypoints(value):  # those that are outside stay outside: there they are not visible
            moved = plain(value) - torch.tensor([left, top], dtype=value.dtype)
            made: Any = remade(moved, value)
            made.canvas_size = self.size
            return made
        if isinstance(value, tv_tensors.BoundingBoxes):
            boxes = F.crop(value, top, left, height, width)
            clamped = F.clamp_bounding_boxes(boxes)
            return tv_tensors.BoundingBoxes(
                plain(clamped), format=value.format, canvas_size=self.size
            )
        cropped = F.crop(value, top, left, height, width)
        padding = [0, 0, self.size[1] - width, self.size[0] - height]
        if not any(padding):
            return cropped
        fill: Any = self.fill if isinstance(self.fill, int | float) else list(self.fill)
        if isinstance(value, tv_tensors.Mask):
            fill = self.ignored if value.ndim == 2 else 0
        return F.pad(cropped, padding, fill=fill)

    def extra_repr(self) -> str:
        return f"size={self.size}, fill={self.fill}"


def _offset(old: int, new: int) -> int:
    room = max(0, old - new)
    return int(torch.randint(0, room + 1, (1,)))
