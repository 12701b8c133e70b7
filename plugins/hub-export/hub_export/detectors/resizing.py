"""What torchvision's detectors do to an image first, and to boxes last."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.transform import GeneralizedRCNNTransform

__all__ = ["ResizedImage", "scaled_back"]


class ResizedImage(nn.Module):
    """Scales, normalises, resizes and pads an image as `GeneralizedRCNNTransform` does.

    Args:
        transform: the detector's own, without a fixed size.
    """

    def __init__(self, transform: GeneralizedRCNNTransform) -> None:
        super().__init__()
        self.shorter, self.longer = transform.min_size[-1], transform.max_size
        self.divisor = transform.size_divisible
        self.register_buffer("mean", torch.tensor(transform.image_mean)[:, None, None])
        self.register_buffer("std", torch.tensor(transform.image_std)[:, None, None])

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Any, Any]]:
        """An image, uint8 (H, W, 3), to a batch of one, float32 (1, 3, h', w').

        Returns:
            The batch, and the height and width of the image in it, without the padding.
        """
        planes = (image.permute(2, 0, 1).float() / 255 - self.mean) / self.std
        height, width = planes.shape[-2:]
        scale = torch.sym_min(
            self.shorter / torch.sym_min(height, width), self.longer / torch.sym_max(height, width)
        )
        size = math.floor(height * scale), math.floor(width * scale)
        resized = nn.functional.interpolate(
            planes[None], size=size, mode="bilinear", align_corners=False
        )
        # ONNX divides integers towards zero, so nothing here is negative.
        step = self.divisor
        below, right = ((side + step - 1) // step * step - side for side in size)
        return nn.functional.pad(resized, (0, right, 0, below)), size


def scaled_back(boxes: Tensor, image: Tensor, size: tuple[Any, Any]) -> Tensor:
    """Boxes (K, 4) in a resized image of this size, in pixels of the image (H, W, 3)."""
    one = boxes.new_ones(())
    down = (one * image.shape[0]) / (one * size[0])
    right = (one * image.shape[1]) / (one * size[1])
    return boxes * torch.stack([right, down, right, down])
