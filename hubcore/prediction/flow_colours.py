"""Movements as colours: the hue is the direction, and the longest movement has the full colour.

The colour wheel is that of Baker et al., "A Database and Evaluation Methodology for Optical Flow"
(2007), which torchvision's `flow_to_image` uses too; what is returned here differs from that by at
most one level of 255, where the arc tangent is rounded otherwise.
"""

from __future__ import annotations

import functools

import numpy as np

from .pixels import Array

__all__ = ["flow_colours"]

# From each of the six pure colours to the next, how many steps the wheel has.
_STEPS = (15, 6, 4, 11, 13, 6)
_PURE = ((1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1))


def flow_colours(flow: Array) -> Array:
    """A flow as an image.

    Args:
        flow: float32, (2, height, width): the movement (x, y) in pixels.

    Returns:
        uint8, (height, width, 3): RGB.
    """
    lengths = np.sqrt((flow**2).sum(axis=0))
    flow = flow / (lengths.max(initial=0.0) + np.finfo(np.float32).eps)
    wheel = _wheel()
    saturation = np.sqrt((flow**2).sum(axis=0))[..., None]
    turn = np.arctan2(-flow[1], -flow[0]) / np.float32(np.pi)
    place = (turn + 1) / 2 * (len(wheel) - 1)
    before = np.floor(place).astype(np.int64)
    part = (place - before)[..., None].astype(np.float32)
    colour = (1 - part) * wheel[before] + part * wheel[(before + 1) % len(wheel)]
    mixed: Array = np.floor(255 * (1 - saturation * (1 - colour))).clip(0, 255)
    return mixed.astype(np.uint8)


@functools.cache
def _wheel() -> Array:
    """The colours of the directions, float32 (directions, 3) in [0, 1]."""
    rows = []
    for number, steps in enumerate(_STEPS):
        start, end = np.array(_PURE[number]), np.array(_PURE[(number + 1) % len(_PURE)])
        for step in range(steps):
            rising = np.floor(255 * step / steps)
            # A channel that falls is rounded after the subtraction, hence not simply mixed.
            rows.append(255 * start + (end - start) * rising)
    return np.array(rows, dtype=np.float32) / np.float32(255)
