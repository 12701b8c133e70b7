"""From the outputs of a bare model to those of an exported file, with numpy."""

from __future__ import annotations

import numpy as np

from hubcore.prediction.pixels import Array

__all__ = ["enlarged_argmax", "softmax"]


def softmax(logits: Array) -> Array:
    """Logits (N, classes) to probabilities, float32."""
    raised: Array = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float32)
    raised /= raised.sum(axis=-1, keepdims=True)
    return raised


def enlarged_argmax(logits: Array, size: tuple[int, int]) -> Array:
    """The likeliest class of each pixel, after scaling the logits to the image's size.

    As `hubcore.prediction` does it with torch: bilinear, without aligned corners, and only of the
    classes that are the likeliest somewhere.

    Args:
        logits: float32, (classes, h, w).
        size: (height, width) of the image.

    Returns:
        The classes, int64, (height, width).
    """
    present = np.unique(logits.argmax(axis=0))
    best = np.full(size, -np.inf, dtype=np.float32)
    mask = np.zeros(size, dtype=np.int64)
    for number in present:
        scaled = _scaled(logits[number], size)
        above = scaled > best
        best[above] = scaled[above]
        mask[above] = number
    return mask


def _scaled(values: Array, size: tuple[int, int]) -> Array:
    """A float32 array (h, w) in another size, bilinear."""
    top, bottom, down = _places(values.shape[0], size[0])
    left, right, aside = _places(values.shape[1], size[1])
    rows = values[:, left] * (1 - aside) + values[:, right] * aside
    scaled: Array = rows[top] * (1 - down[:, None]) + rows[bottom] * down[:, None]
    return scaled


def _places(there: int, wanted: int) -> tuple[Array, Array, Array]:
    """For each new place the two old ones that it lies between, and how near to the second."""
    step = np.float32(there / wanted)
    place = (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * step - np.float32(0.5)
    place = place.clip(0, None)
    before = np.minimum(place.astype(np.int64), there - 1)
    return before, np.minimum(before + 1, there - 1), place - before.astype(np.float32)
