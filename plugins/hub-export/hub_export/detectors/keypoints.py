"""Keypoints, from a head's heat maps to the pixels of the image."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["located"]

CUBIC = -0.75
"""The free coefficient of the cubic convolution that torch resizes with."""
TOGETHER = 4
"""Objects whose maps are resized at once: of 1333 x 800 pixels that takes 0.3 GB."""


def located(maps: Tensor, boxes: Tensor, height: Any, width: Any) -> tuple[Tensor, Tensor]:
    """The highest place of each heat map, as torchvision's `heatmaps_to_keypoints` has it.

    It resizes each map to its box and takes the maximum. A bicubic resize is a product with a
    matrix on either side; the matrices have a row for each pixel of the image, of which those
    outside the box do not count. A few objects at a time, since all at once would take gigabytes.

    Args:
        maps: float32 (K, P, M, M).
        boxes: (K, 4), inside the image.
        height, width: of the image that the boxes are in.

    Returns:
        float32 (K, P, 2), x and y in pixels of that image; and the heights there, (K, P).
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    pixels = sides.ceil()
    down = torch.arange(height, device=maps.device)
    right = torch.arange(width, device=maps.device)
    found = [
        _highest(heat, size, down, right)
        for heat, size in zip(
            torch.split(maps, TOGETHER), torch.split(pixels, TOGETHER), strict=True
        )
    ]
    places, heights = (torch.cat(parts) for parts in zip(*found, strict=True))
    return (places + 0.5) * (sides / pixels)[:, None] + boxes[:, None, :2], heights


def _highest(maps: Tensor, size: Tensor, down: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Of maps (k, P, M, M) resized to ``size`` (k, 2): int64 (k, P, 2), x and y, and heights."""
    above = _rows(down, size[:, 1], maps.shape[-1])[:, None]
    aside = _rows(right, size[:, 0], maps.shape[-1])[:, None]
    resized = above @ maps @ aside.transpose(2, 3)
    outside = (down >= size[:, 1:])[:, :, None] | (right >= size[:, :1])[:, None]
    resized = resized.masked_fill(outside[:, None], -torch.inf)
    # Of equal ones the first, row by row.
    by_row, columns = resized.max(dim=3)
    heights, row = by_row.max(dim=2)
    column = columns.gather(2, row[..., None])[..., 0]
    return torch.stack([column, row], dim=2), heights


def _rows(places: Tensor, sizes: Tensor, count: int) -> Tensor:
    """The weights of ``count`` rows for each of these pixels, for ``sizes`` (k,) of them.

    Returns:
        float32 (k, len(places), count).
    """
    source = (places + 0.5) * (count / sizes)[:, None] - 0.5
    base = source.floor()
    part = source - base
    rows = torch.arange(count, device=places.device)
    weights = torch.zeros_like(source)[..., None] * rows
    for step in range(-1, 3):
        distance = (part - step).abs()
        near = ((CUBIC + 2) * distance - (CUBIC + 3)) * distance * distance + 1
        far = ((CUBIC * distance - 5 * CUBIC) * distance + 8 * CUBIC) * distance - 4 * CUBIC
        weight = torch.where(distance <= 1, near, far)
        row = (base + step).clamp(min=0, max=count - 1)  # the border is repeated
        weights = weights + weight[..., None] * (row[..., None] == rows)
    return weights
