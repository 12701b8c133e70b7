"""Non-maximum suppression to a fixed number of boxes."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import nms

__all__ = ["best", "clipped", "large_enough", "strongest"]

FEW = 1000
"""The most boxes that torchvision moves apart, on the CPU."""
COLUMNS = 10


def clipped(boxes: Tensor, height: int, width: int) -> Tensor:
    """Boxes (N, 4), cut off at the borders of the image."""
    x = boxes[:, 0::2].clamp(min=0, max=width)
    y = boxes[:, 1::2].clamp(min=0, max=height)
    return torch.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], dim=1)


def large_enough(boxes: Tensor, size: float) -> Tensor:
    """Which boxes (N, 4) have sides of at least ``size``: bool (N,)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return (sides >= size).all(dim=1)


def strongest(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The highest scores of (N,), and their indices.

    Returns:
        Scores (count,), descending, and indices int64 (count,). Where N is smaller, scores of minus
        infinity follow, with indices of N or more.
    """
    filled = torch.cat([scores, scores.new_full((count,), -torch.inf)])
    values, order = filled.topk(count)
    return values, order


def best(
    boxes: Tensor, scores: Tensor, groups: Tensor, valid: Tensor, *, threshold: float, count: int
) -> tuple[Tensor, Tensor]:
    """Suppresses boxes within each group, and keeps those with the highest scores.

    Args:
        boxes: float32 (N, 4), non-negative.
        scores: float32 (N,).
        groups: int64 (N,). Boxes of different groups do not suppress one another.
        valid: bool (N,). The other boxes are as if they were not there.
        threshold: boxes whose IoU with a better one is above it are dropped.
        count: how many to give.

    Returns:
        Indices int64 (count,) in descending order of scores, and which of them are to be used,
        bool (count,), the first ones. The other indices are arbitrary but within [0, N).
    """
    present = torch.where(valid)[0]
    reach = torch.where(valid[:, None], boxes, 0.0).max() + 1
    apart = boxes[present] + _steps(groups[present], valid.sum() > FEW) * reach
    # torch.export takes it for granted that `nms` keeps two boxes: two apart from all are added.
    spare = boxes.new_tensor([[-2.0, -2.0, -1.0, -1.0], [-4.0, -4.0, -3.0, -3.0]])
    kept = nms(
        torch.cat([apart, spare]),
        torch.cat([scores[present], scores.new_full((2,), -1.0)]),
        threshold,
    )
    places = torch.cat([present, torch.arange(2, device=present.device) + len(scores)])
    # `nms` gives the best first, and the two come last.
    order = torch.cat([places[kept], places.new_full((count,), len(scores))])[:count]
    used = order < len(scores)
    return torch.where(used, order, 0), used


def _steps(groups: Tensor, many: Tensor) -> Tensor:
    """How far boxes are moved so that those of different groups do not overlap.

    torchvision's `batched_nms` moves few boxes along the diagonal, where float32 rounds them the
    more the farther they are: so does this. Many it takes group by group, without moving them. Here
    these are moved into a square, which rounds them less.

    Args:
        groups: int64 (N,), not negative.
        many: bool (), whether torchvision takes them group by group.

    Returns:
        int64 (N, 4), in extents of the image.
    """
    across = torch.where(many, groups % COLUMNS, groups)
    down = torch.where(many, groups // COLUMNS, groups)
    return torch.stack([across, down, across, down], dim=1)
