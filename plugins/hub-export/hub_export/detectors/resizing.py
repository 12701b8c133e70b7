"""What detectors do to an image first, and to boxes last."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.transform import GeneralizedRCNNTransform

__all__ = ["AntialiasedImage", "ResizedImage", "back", "scaled_back"]


LARGEST = 100_000
"""Pixels: no side is resized to more. Tracing asks for a bound."""


class ResizedImage(nn.Module):
    """Scales, normalises, resizes and pads an image as `GeneralizedRCNNTransform` does.

    Args:
        transform: the detector's own.
    """

    antialias = False
    mean: Tensor
    std: Tensor

    def __init__(self, transform: GeneralizedRCNNTransform) -> None:
        super().__init__()
        self.shorter, self.longer = transform.min_size[-1], transform.max_size
        self.fixed = transform.fixed_size  # (width, height), or None
        self.divisor = transform.size_divisible
        self.register_buffer("mean", torch.tensor(transform.image_mean)[:, None, None])
        self.register_buffer("std", torch.tensor(transform.image_std)[:, None, None])

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Any, Any]]:
        """An image, uint8 (H, W, 3), to a batch of one, float32 (1, 3, h', w').

        Returns:
            The batch, and the height and width of the image in it, without the padding.
        """
        planes = (image.permute(2, 0, 1).float() / 255 - self.mean) / self.std
        if self.fixed:
            size = self.fixed[1], self.fixed[0]
        else:
            height, width = self.resized(*planes.shape[-2:])
            size = _opaque(height), _opaque(width)
        resized = nn.functional.interpolate(
            planes[None],
            size=size,
            mode="bilinear",
            align_corners=False,
            antialias=self.antialias,
        )
        # ONNX divides integers towards zero, so nothing here is negative.
        step = self.divisor
        below, right = ((side + step - 1) // step * step - side for side in size)
        return nn.functional.pad(resized, (0, right, 0, below)), size

    def resized(self, height: Any, width: Any) -> tuple[Any, Any]:
        """The height and width to resize to. With float64 in between, as torchvision has."""
        scale = torch.sym_min(
            self.shorter / torch.sym_min(height, width), self.longer / torch.sym_max(height, width)
        )
        return math.trunc(height * scale), math.trunc(width * scale)  # torch.export writes no floor


class AntialiasedImage(ResizedImage):
    """The same for DETR, whose own rule for sizes is in whole numbers."""

    antialias = True

    def resized(self, height: Any, width: Any) -> tuple[Any, Any]:
        shorter, longer = torch.sym_min(height, width), torch.sym_max(height, width)
        most = _rounded(self.longer * shorter, longer)
        short = torch.sym_max(1, torch.sym_min(self.shorter, most))
        return (
            torch.sym_min(self.longer, short * height // shorter),
            torch.sym_min(self.longer, short * width // shorter),
        )


def _rounded(dividend: Any, divisor: Any) -> Any:
    """A quotient of positive whole numbers, rounded as Python's `round` does: half to even."""
    up = (2 * dividend + divisor) // (2 * divisor)
    half = 1 - torch.sym_min(1, (2 * dividend + divisor) % (2 * divisor))
    return up - half * (up % 2)


def _opaque(side: Any) -> Any:
    """A side that is being traced, as a number of its own.

    The sizes of all that follows are then written with it. With the expression that it is computed
    by, tracing a detector took several times as long.
    """
    if not isinstance(side, torch.SymInt):
        return side
    known = torch.ones((), dtype=torch.int64).mul(side).item()
    torch._check(known >= 1)
    torch._check(known <= LARGEST)
    return known


def scaled_back(boxes: Tensor, image: Tensor, size: tuple[Any, Any]) -> Tensor:
    """Boxes (K, 4) in a resized image of this size, in pixels of the image (H, W, 3)."""
    down, right = back(boxes, image, size)
    return boxes * torch.stack([right, down, right, down])


def back(values: Tensor, image: Tensor, size: tuple[Any, Any]) -> tuple[Tensor, Tensor]:
    """The factors from a resized image of this size to the image (H, W, 3), down and right.

    As torchvision has them: quotients in the dtype of these values.
    """
    one = values.new_ones(())
    return (one * image.shape[0]) / (one * size[0]), (one * image.shape[1]) / (one * size[1])
