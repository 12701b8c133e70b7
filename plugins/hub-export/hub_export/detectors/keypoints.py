"""Keypoints, from a head's heat maps to the pixels of the image."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["located"]

CUBIC = -0.75
"""The free coefficient of the cubic convolution that torch resizes with."""


def located(
    maps: Tensor, boxes: Tensor, count: Tensor, height: Any, width: Any
) -> tuple[Tensor, Tensor]:
    """The highest place of each heat map, as torchvision's `heatmaps_to_keypoints` has it.

    It resizes each map to its box and takes the maximum. A bicubic resize is a product with a
    matrix on either side; the matrices have a row for each pixel of the image, of which those
    outside the box do not count. One object at a time, in a loop of the graph, since all at once
    would take gigabytes.

    Args:
        maps: float32 (K, P, M, M).
        boxes: (K, 4), inside the image.
        count: int64 (), how many of the K to look at, the first ones. The others' places are
            arbitrary.
        height, width: of the image that the boxes are in.

    Returns:
        float32 (K, P, 2), x and y in pixels of that image; and the heights there, (K, P).
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    pixels = sides.ceil()
    down = torch.arange(height, device=maps.device)
    right = torch.arange(width, device=maps.device)

    found = maps.new_zeros(maps.shape[:2])
    start = torch.zeros_like(count), torch.stack([found, found], dim=2).long(), found
    # Not `torch.while_loop`, which outside of `torch.export` compiles for seconds first.
    _, places, heights = torch.ops.higher_order.while_loop(
        _is_wanted, _with_next, start, (count, maps, pixels, down, right)
    )
    return (places + 0.5) * (sides / pixels)[:, None] + boxes[:, None, :2], heights


def _is_wanted(number: Tensor, places: Tensor, heights: Tensor, *given: Tensor) -> Tensor:
    count = given[0]
    return number < count


def _with_next(
    number: Tensor, places: Tensor, heights: Tensor, *given: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    _, maps, pixels, down, right = given
    row = number[None]
    place, height = _highest(maps[row], pixels[row], down, right)
    return number + 1, places.index_copy(0, row, place), heights.index_copy(0, row, height)


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
