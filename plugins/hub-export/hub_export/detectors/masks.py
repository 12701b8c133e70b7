"""Masks of objects, from a head's small maps to the pixels of the image."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  # the field's name for it

__all__ = ["pasted"]

PADDING = 1  # pixels that torchvision adds around a small map


def pasted(maps: Tensor, boxes: Tensor, height: Any, width: Any, threshold: float = 0.5) -> Tensor:
    """Which pixels belong to each object, as torchvision's `paste_masks_in_image` has it.

    It resizes each map to its box and puts it there. A bilinear resize is a product with a matrix
    on either side, and matrices with a row for each pixel of the image have fixed sizes.

    Args:
        maps: probabilities, float32 (K, M, M).
        boxes: (K, 4), in pixels of the image.
        height, width: the image's.
        threshold: the probability above which a pixel belongs to the object.

    Returns:
        bool (K, height, width).
    """
    size = maps.shape[-1]
    maps = F.pad(maps, (PADDING,) * 4)
    centre, half = (boxes[:, :2] + boxes[:, 2:]) * 0.5, (boxes[:, 2:] - boxes[:, :2]) * 0.5
    half = half * ((size + 2 * PADDING) / size)
    first, last = (centre - half).to(torch.int64), (centre + half).to(torch.int64)
    down = _rows(first[:, 1], last[:, 1], height, size + 2 * PADDING)
    right = _rows(first[:, 0], last[:, 0], width, size + 2 * PADDING)
    return down @ maps @ right.transpose(1, 2) > threshold


def _rows(first: Tensor, last: Tensor, length: Any, size: int) -> Tensor:
    """The weights of a map's ``size`` rows for each of ``length`` pixels: (K, length, size)."""
    place = torch.arange(length, device=first.device)[None] - first[:, None]
    extent = last - first + 1
    source = (place + 0.5) * (size / extent.clamp(min=1)[:, None].float()) - 0.5
    source = source.clamp(min=0, max=size - 1)
    weights = 1 - (source[..., None] - torch.arange(size, device=first.device)).abs()
    inside = (place >= 0) & (place < extent[:, None])
    return weights.clamp(min=0) * inside[..., None]
