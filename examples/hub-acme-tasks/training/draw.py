"""Draws pictures of circles, squares and triangles: any of them, or none, in one picture."""

from __future__ import annotations

import random

import torch
from PIL import Image, ImageDraw

SHAPES = ["circle", "square", "triangle"]
SIZE = 64


def draw(number: int) -> tuple[Image.Image, torch.Tensor]:
    """Draws picture ``number``, and tells which of `SHAPES` are in it: floats (3,), 0 or 1."""
    chance = random.Random(number)
    present = [chance.random() < 0.5 for _ in SHAPES]
    picture = Image.new("RGB", (SIZE, SIZE), (chance.randint(100, 200),) * 3)
    brush = ImageDraw.Draw(picture)
    quarters = chance.sample([(0, 0), (32, 0), (0, 32), (32, 32)], 3)
    for shape, here, (left, top) in zip(SHAPES, present, quarters, strict=True):
        if not here:
            continue
        side = chance.randint(14, 26)
        x, y = left + chance.randint(1, 30 - side), top + chance.randint(1, 30 - side)
        colour = tuple(chance.randint(0, 255) for _ in range(3))
        if max(colour) - min(colour) < 60:
            colour = (220, 40, 60)
        box = (x, y, x + side, y + side)
        if shape == "circle":
            brush.ellipse(box, fill=colour)
        elif shape == "square":
            brush.rectangle(box, fill=colour)
        else:
            brush.polygon([(x, y + side), (x + side, y + side), (x + side / 2, y)], fill=colour)
    return picture, torch.tensor(present, dtype=torch.float32)
