"""Draws scenes whose depth is known: balls on a floor in the haze, which is thicker the farther."""

from __future__ import annotations

import random

import numpy as np
import torch
from PIL import Image

SIZE = 64
FARTHEST = 10.0


def scene(number: int) -> tuple[Image.Image, torch.Tensor]:
    """Draws scene ``number``, and tells the depth of each pixel: floats (SIZE, SIZE), 1 to 10."""
    chance = random.Random(number)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    horizon = chance.uniform(0.2, 0.5) * SIZE
    depth = np.full((SIZE, SIZE), FARTHEST, np.float32)
    below = rows > horizon
    reach = SIZE - horizon  # the floor is 1 away at the lower edge
    depth[below] = np.minimum(reach / (rows[below] - horizon), FARTHEST)
    colours = np.empty((SIZE, SIZE, 3), np.float32)
    colours[:] = [chance.uniform(0.3, 0.8) for _ in range(3)]
    for away in sorted((chance.uniform(1.2, 8) for _ in range(chance.randint(1, 5))), reverse=True):
        radius = 14 / away
        x, y = chance.uniform(0, SIZE), horizon + reach / away - radius  # it stands on the floor
        inside = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
        depth[inside] = away
        colours[inside] = [chance.random() for _ in range(3)]
    clear = np.exp(-depth / 4)[..., None]
    pixels = colours * clear + 0.9 * (1 - clear)
    return Image.fromarray((pixels * 255).round().astype(np.uint8)), torch.from_numpy(depth)
