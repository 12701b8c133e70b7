"""Draws flowers, so that the example needs no data set."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

__all__ = ["CATEGORIES", "draw"]

CATEGORIES = ["bluebell", "daisy", "rose", "sunflower", "tulip"]


def draw(category: str, seed: int, size: int = 128) -> Image.Image:
    """An RGB picture of one flower; place, size, turn and shades depend on the seed."""
    rng = random.Random(f"{category} {seed}")
    picture = Image.new("RGB", (size, size), _shade(rng, (150, 190, 130), 60))
    pen = ImageDraw.Draw(picture)
    x, y = (size * rng.uniform(0.4, 0.6) for _ in range(2))
    radius = size * rng.uniform(0.22, 0.36)
    pen.line((x, y, x + rng.uniform(-9, 9), size), fill=_shade(rng, (40, 120, 40), 30), width=4)
    _FLOWERS[category](pen, rng, x, y, radius)
    return picture


def _daisy(pen: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    _petals(pen, rng, x, y, r, rng.randint(9, 13), (240, 240, 235))
    _disc(pen, x, y, r * 0.28, _shade(rng, (235, 200, 40), 20))


def _sunflower(pen: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    _petals(pen, rng, x, y, r, rng.randint(14, 20), (240, 190, 20))
    _disc(pen, x, y, r * 0.5, _shade(rng, (90, 55, 20), 20))


def _rose(pen: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    for step in range(6):
        shade = tuple(max(0, part - 18 * (step % 2)) for part in _shade(rng, (200, 40, 60), 25))
        _disc(pen, x + rng.uniform(-3, 3), y + rng.uniform(-3, 3), r * (1 - step / 6), shade)


def _tulip(pen: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    colour = _shade(rng, rng.choice([(225, 70, 90), (240, 150, 60), (220, 110, 190)]), 20)
    pen.pieslice((x - r, y - r, x + r, y + r), 0, 180, fill=colour)
    for left in (-r, -r / 3, r / 3):
        pen.polygon(
            [(x + left, y + 1), (x + left + r / 3, y - r), (x + left + 2 * r / 3, y + 1)],
            fill=colour,
        )


def _bluebell(pen: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    colour = _shade(rng, (90, 90, 215), 25)
    for row in range(4):
        for side in (-1, 1):
            left, top = x + side * r * 0.4, y - r + row * r * 0.6
            half = r * 0.26
            pen.pieslice((left - half, top, left + half, top + half * 2), 180, 360, fill=colour)
            pen.polygon(
                [
                    (left - half, top + half),
                    (left + half, top + half),
                    (left + half * 1.3, top + half * 1.9),
                    (left - half * 1.3, top + half * 1.9),
                ],
                fill=colour,
            )


_FLOWERS = {
    "bluebell": _bluebell,
    "daisy": _daisy,
    "rose": _rose,
    "sunflower": _sunflower,
    "tulip": _tulip,
}


def _petals(pen, rng, x, y, r, count, colour) -> None:  # type: ignore[no-untyped-def]
    turn = rng.uniform(0, math.tau)
    for index in range(count):
        angle = turn + math.tau * index / count
        far = (x + math.cos(angle) * r, y + math.sin(angle) * r)
        pen.line((x, y, *far), fill=_shade(rng, colour, 12), width=max(3, int(r / 4)))
        _disc(pen, *far, r / 8, _shade(rng, colour, 12))


def _disc(pen, x, y, r, colour) -> None:  # type: ignore[no-untyped-def]
    pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _shade(rng: random.Random, colour: tuple[int, ...], spread: int) -> tuple[int, ...]:
    shift = rng.randint(-spread, spread)
    return tuple(max(0, min(255, part + shift + rng.randint(-8, 8))) for part in colour)
