"""Drawing tools for pictures: legible text, distinct colours, labels that don't overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from .fonts import Typeface
from .pixels import Array

__all__ = ["Canvas", "Row", "below", "colour"]

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

SMALLEST_SIDE = 640
"""Pictures whose longer side has fewer pixels than this are enlarged, so that text fits."""

PAPER: Colour = (255, 255, 255)
INK: Colour = (24, 24, 27)
FAINT: Colour = (228, 228, 231)
BLACK: Colour = (0, 0, 0)
TINT = 0.4
"""How much of a mask's colour covers the object, which must still be seen."""


# Twenty colours that are easy to tell apart (https://sashamaps.net/docs/resources/20-colors/).
PALETTE = (
    *("#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6"),
    *("#bfef45", "#fabed4", "#469990", "#dcbeff", "#9a6324", "#fffac8", "#800000", "#aaffc3"),
    *("#808000", "#ffd8b1", "#000075", "#a9a9a9"),
)


def colour(number: int) -> Colour:
    """A colour for a class or an object: from the palette, then darker, then lighter.

    Args:
        number: the number of the class or the object, from 0.

    Returns:
        (red, green, blue), each in [0, 255].
    """
    turn, place = divmod(number, len(PALETTE))
    red, green, blue = ImageColor.getrgb(PALETTE[place])[:3]
    other, weight = (0, 0.0) if turn == 0 else (255 * (turn % 2 == 0), 0.4)
    red, green, blue = (round(c + (other - c) * weight) for c in (red, green, blue))
    return red, green, blue


def readable_on(background: Colour) -> Colour:
    """The text colour, black or white, with more contrast: at least 4.5 on any background."""
    return max((BLACK, PAPER), key=lambda text: contrast(text, background))


def contrast(first: Colour, second: Colour) -> float:
    """The contrast of two colours as WCAG defines it, from 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


class Canvas:
    """An image to draw on, enlarged if it is small.

    Coordinates of all methods are in pixels of the original image.

    Args:
        image: the original, RGB. It is not changed.

    Attributes:
        image: the picture, RGB.
        scale: how many pixels of the picture make one of the original, at least 1.
        draw: draws on the picture, in its own pixels.
        font: the font of labels.
        line: the width of lines, in pixels of the picture.
    """

    def __init__(self, image: Image.Image) -> None:
        longer = max(image.size)
        self.scale = max(1.0, SMALLEST_SIDE / longer)
        if self.scale > 1:
            size = (round(image.width * self.scale), round(image.height * self.scale))
            image = image.resize(size, Image.Resampling.BICUBIC)
        self.image = image.copy() if self.scale == 1 else image
        self.draw = ImageDraw.Draw(self.image)
        self.font = font_for(self.image.size)
        self.line = max(2, round(middling(self.image.size) / 260))
        self._taken: list[Box] = []

    def mask(self, mask: Array, fill: Colour) -> None:
        """Tints the area that a mask covers, and outlines it.

        Args:
            mask: bool, (height, width) of the original.
            fill: the colour.
        """
        shape = _as_image(mask).resize(self.image.size, Image.Resampling.BICUBIC)
        if self.scale == 1:  # enlarging smooths the edges already
            shape = shape.filter(ImageFilter.GaussianBlur(0.7))
        covered = shape.getbbox()
        if covered is None:
            return
        shape = shape.crop(covered)
        part = self.image.crop(covered)
        part.paste(fill, mask=shape.point(lambda cover: cover * TINT))
        rim = _as_image(_outline(shape, self.line)).filter(ImageFilter.GaussianBlur(0.7))
        part.paste(fill, mask=rim)
        self.image.paste(part, covered[:2])

    def limbs(
        self,
        points: Sequence[tuple[tuple[float, float], Colour]],
        limbs: Sequence[tuple[tuple[float, float], tuple[float, float], Colour]],
    ) -> None:
        """Draws points and limbs, with dark rims to stand out from any background.

        Args:
            points: (x, y) of each point, and its colour.
            limbs: pairs of points to join by a line, and its colour.
        """
        rim = max(1, self.line // 2)
        for more in (rim, 0):
            for start, end, fill in limbs:
                line = [self._scaled(start), self._scaled(end)]
                self.draw.line(line, fill=INK if more else fill, width=self.line + 2 * more)
            for point, fill in points:
                x, y = self._scaled(point)
                radius = 1.5 * self.line + more
                circle = (x - radius, y - radius, x + radius, y + radius)
                self.draw.ellipse(circle, fill=INK if more else fill)

    def _scaled(self, point: tuple[float, float]) -> tuple[float, float]:
        return self.scale * point[0], self.scale * point[1]

    def box(self, box: Sequence[float], fill: Colour) -> None:
        """Outlines a box (x1, y1, x2, y2), clipped to the image."""
        x1, y1, x2, y2 = self._inside(box)
        # A dark rim keeps a box visible on a background of its own colour.
        rim = max(1, self.line // 3)
        outer = (x1 - rim, y1 - rim, x2 + rim, y2 + rim)
        self.draw.rectangle(outer, outline=INK, width=self.line + 2 * rim)
        self.draw.rectangle((x1, y1, x2, y2), outline=fill, width=self.line)

    def label(self, box: Sequence[float], text: str, fill: Colour) -> None:
        """Writes text beside a box (x1, y1, x2, y2), inside the image.

        The text is left out if it would overlap earlier labels, so label the best box first.
        """
        x1, y1, x2, y2 = self._inside(box)
        pad = max(2, self.font.size // 5)
        text = shortened(text, self.font, self.image.width - 2 * pad)
        width = self.font.getlength(text) + 2 * pad
        height = line_height(self.font) + pad
        above, under = y1 - height, y2 - height
        wishes = [(x1, above), (x1, y1), (x2 - width, above), (x1, y2), (x1, under)]
        for wish in wishes:
            left = min(max(0.0, wish[0]), self.image.width - width)
            top = min(max(0.0, wish[1]), self.image.height - height)
            place = (left, top, left + width, top + height)
            if not any(overlap(place, taken) for taken in self._taken):
                break
        else:
            return
        self._taken.append(place)
        self.draw.rectangle(place, fill=fill)
        middle = (left + pad, top + height / 2)
        self.font.write(self.draw, middle, text, readable_on(fill))

    def _inside(self, box: Sequence[float]) -> Box:
        """The box in the picture's pixels, clipped to it, with x1 <= x2 and y1 <= y2."""
        width, height = self.image.width - 1, self.image.height - 1
        x1, y1, x2, y2 = (self.scale * value for value in box)
        x1, y1 = min(max(0.0, x1), width), min(max(0.0, y1), height)
        return x1, y1, max(x1, min(x2, width)), max(y1, min(y2, height))


def _as_image(mask: Array) -> Image.Image:
    return Image.fromarray(mask.astype(np.uint8) * np.uint8(255))


def _outline(shape: Image.Image, width: int) -> Array:
    """The rim of a mask: its pixels that are at most ``width`` pixels away from its edge."""
    mask: Array = np.asarray(shape) > 127
    inner = np.zeros_like(mask)
    inner[width:-width, width:-width] = (
        mask[width:-width, width:-width]
        & mask[2 * width :, width:-width]
        & mask[: -2 * width, width:-width]
        & mask[width:-width, 2 * width :]
        & mask[width:-width, : -2 * width]
    )
    return mask & ~inner


def overlap(first: Box, second: Box) -> bool:
    """Whether two boxes (x1, y1, x2, y2) have a common area."""
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


@dataclass(frozen=True)
class Row:
    """A row of a panel.

    Attributes:
        text: the text.
        value: a figure to show before the text, aligned with those of the other rows.
        swatch: a colour to show before the text.
        share: the length of a bar behind the text, in [0, 1] of the row's width; None for no bar.
    """

    text: str
    value: str = ""
    swatch: Colour | None = None
    share: float | None = None


def below(image: Image.Image, rows: Sequence[Row], aside: Image.Image | None = None) -> Image.Image:
    """Puts a panel of text below an image.

    Args:
        image: RGB.
        rows: the rows of the panel. Rows without bars stand side by side where they fit.
        aside: a picture to put at the right end of the panel, RGBA.

    Returns:
        A new image of the same width; the image itself if there are no rows.
    """
    if not rows:
        return image
    font = font_for(image.size)
    margin = font.size // 2
    high = line_height(font) + font.size // 2
    columns = 1
    room = image.width - (aside.width + margin if aside else 0)
    if all(row.share is None for row in rows):
        widest = max(_row_width(row, font) for row in rows) + 2 * margin
        columns = max(1, min(len(rows), int(room // widest)))
    values = max(font.getlength(row.value) for row in rows)
    lines = -(-len(rows) // columns)
    height = max(lines * high, aside.height if aside else 0) + 2 * margin
    panel = Image.new("RGB", (image.width, height), PAPER)
    draw = ImageDraw.Draw(panel)
    step = room / columns
    for number, row in enumerate(rows):
        column, line = divmod(number, lines)
        corner = (column * step + margin, margin + line * high)
        _draw_row(draw, row, corner, (step - 2 * margin, high), values, font)
    if aside:
        panel.paste(aside, (room, margin), aside)
    whole = Image.new("RGB", (image.width, image.height + panel.height), PAPER)
    whole.paste(image, (0, 0))
    whole.paste(panel, (0, image.height))
    return whole


def _draw_row(
    draw: ImageDraw.ImageDraw,
    row: Row,
    corner: tuple[float, float],
    size: tuple[float, float],
    values: float,
    font: Typeface,
) -> None:
    """Draws a row of ``size`` (width, height). ``values`` is the width of the widest value."""
    left, top = corner
    width, height = size
    inset = height * 0.1
    if row.share is not None:
        bar = (left, top + inset, left + max(1.0, width * row.share), top + height - inset)
        draw.rectangle(bar, fill=FAINT)
        left += font.size // 2
    if row.swatch is not None:
        side = height - 4 * inset
        box = (left, top + 2 * inset, left + side, top + 2 * inset + side)
        draw.rectangle(box, fill=row.swatch, outline=INK)
        left += side + font.size // 2
    if values:
        place = (left + values, top + height / 2)
        font.write(draw, place, row.value, INK, to_right=False)
        left += values + font.size // 2
    text = shortened(row.text, font, corner[0] + width - left)
    font.write(draw, (left, top + height / 2), text, INK)


def _row_width(row: Row, font: Typeface) -> float:
    swatch = 0 if row.swatch is None else line_height(font) + font.size
    value = font.getlength(row.value) + font.size if row.value else 0
    return float(font.getlength(row.text)) + value + swatch


def font_for(size: tuple[int, int]) -> Typeface:
    """A font that is legible on an image of this (width, height), shown on a screen."""
    return Typeface(max(14, round(middling(size) / 32)))


def middling(size: tuple[int, int]) -> float:
    """The geometric mean of (width, height), which suits panoramas and strips as well."""
    return math.sqrt(size[0] * size[1])


def line_height(font: Typeface) -> int:
    """The height of a line of text, in pixels."""
    ascent, descent = font.getmetrics()
    return int(ascent + descent)


def shortened(text: str, font: Typeface, width: float) -> str:
    """The text, cut off with an ellipsis if it is wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
