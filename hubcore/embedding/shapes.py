"""What the axes of a model's tensors mean, and how a map becomes one vector."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["as_map", "as_vectors", "mean_over", "places"]


def as_vectors(found: Tensor, rows: int, image: tuple[int, ...]) -> Tensor | None:
    """One vector an input: the mean over all `places`, whatever the layout.

    Returns:
        float32, (B, C); None if its shape has another meaning.
    """
    axes = places(found.shape, rows, image)
    return None if axes is None else mean_over(found, axes)


def places(shape: Sequence[int], rows: int, image: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes of a tensor that are places in an input: its mean over them is one vector an input.

    Args:
        shape: (B, C); maps (B, C, H, W) or (B, C, T, H, W), also with the channels last; tokens
            (B, N, C); or (N, C), what a detector asks of one image, such as its proposals.
        rows: the number of inputs, B.
        image: (height, width) of the model's inputs in pixels.

    Returns:
        The axes; none where it has a vector for each input; None if its shape has another meaning.
    """
    axes = len(shape)
    if axes == 2 and shape[0] == rows:
        return ()
    if axes == 2 and rows == 1 and shape[0]:
        return (0,)
    if axes == 3 and shape[0] == rows:
        return (1,)
    if axes in (4, 5) and shape[0] == rows:
        first = 1 if _is_channels_last(shape, image) else 2
        return tuple(range(first, first + axes - 2))
    return None


def mean_over(found: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The mean over axes that `places` gave: float32, (B, C)."""
    found = _plain(found)
    return found.mean(axes, keepdim=axes == (0,)) if axes else found


def as_map(found: Tensor, rows: int, image: tuple[int, ...]) -> Tensor | None:
    """A map with the channels first.

    Args:
        found: a map, (B, C, H, W) or (B, H, W, C), of videos (B, C, T, H, W) or (B, T, H, W, C); or
            tokens (B, N, C), of which one more than the patches of the image is left out.
        rows, image: as for `as_vectors`.

    Returns:
        float32, (B, C, H, W), or (B, C, T, H, W); None if its shape has another meaning.
    """
    found = _plain(found)
    if found.ndim < 3 or len(found) != rows:
        return None
    if found.ndim == 3:
        grid = _grid(found.shape[1], image)
        if grid is None:
            return None
        tokens = found[:, found.shape[1] - math.prod(grid) :]
        return tokens.transpose(1, 2).reshape(rows, -1, *grid)
    if found.ndim > 5:
        return None
    if _is_channels_last(found.shape, image):
        return found.movedim(-1, 1)
    return found if _alike(found.shape[-2], found.shape[-1], image) else None


def _plain(found: Tensor) -> Tensor:
    return (found.dequantize() if found.is_quantized else found).to(torch.float32)


def _is_channels_last(shape: Sequence[int], image: tuple[int, ...]) -> bool:
    """Whether height and width stand before the channels: they shrink alike, channels do not."""
    *_, first, second, third = shape
    return _alike(first, second, image) and not _alike(second, third, image)


def _alike(height: int, width: int, image: tuple[int, ...]) -> bool:
    """Whether a map of this size may be of an image: of its proportions, but for padding."""
    return abs(height * image[-1] / image[-2] - width) <= max(1.0, width / 10)


def _grid(count: int, image: tuple[int, ...]) -> tuple[int, int] | None:
    """The rows and columns of patches, of which there are as many as tokens, or one less."""
    for patches in (count, count - 1):
        height = round(math.sqrt(patches * image[-2] / image[-1]))
        if height and patches % height == 0 and _alike(height, patches // height, image):
            return height, patches // height
    return None
