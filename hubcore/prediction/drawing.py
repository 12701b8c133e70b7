"""Pictures of predictions: each function draws one kind of prediction on its image.

Images are RGB, and so is what the functions return. Small images are enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from .canvas import PAPER, Canvas, Row, below, colour
from .flow_colours import flow_colours
from .frames import Frames
from .values import Classification, Detection, Keypoint, SegmentedClass, percent

__all__ = [
    "captioned",
    "draw_classes",
    "draw_detections",
    "draw_flow",
    "draw_segments",
    "film_strip",
]

STRIP = 4
"""The number of frames in the picture of a video."""

LIMBS = (
    ("left_ankle", "left_knee"),
    ("left_knee", "left_hip"),
    ("right_ankle", "right_knee"),
    ("right_knee", "right_hip"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
    ("left_shoulder", "right_shoulder"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"),
    ("left_eye", "right_eye"),
    ("nose", "left_eye"),
    ("nose", "right_eye"),
    ("left_eye", "left_ear"),
    ("right_eye", "right_ear"),
    ("left_ear", "left_shoulder"),
    ("right_ear", "right_shoulder"),
)
"""COCO's skeleton of a person. Keypoints with other names are shown as points."""


SIDES = {"left": (66, 212, 244), "right": (245, 130, 49)}
"""The colours of a person's own left and right."""


def draw_classes(image: Image.Image, classes: Sequence[Classification]) -> Image.Image:
    """The image with its classes listed below it, each with a bar for its probability."""
    rows = [
        Row(found.label, percent(found.probability).strip(), share=found.probability)
        for found in classes
    ]
    return below(Canvas(image).image, rows)


def draw_lines(images: Sequence[Image.Image], lines: Sequence[str]) -> Image.Image:
    """Images beside one another, as high as the first, with lines of text below them."""
    height = images[0].height
    scaled = [
        one
        if one.height == height
        else one.resize((max(1, one.width * height // one.height), height))
        for one in images
    ]
    strip = Image.new("RGB", (sum(one.width for one in scaled), height))
    left = 0
    for one in scaled:
        strip.paste(one, (left, 0))
        left += one.width
    return below(Canvas(strip).image, [Row(line.strip()) for line in lines])


def draw_detections(image: Image.Image, detections: Sequence[Detection]) -> Image.Image:
    """The image with boxes, masks and keypoints. The first detection is drawn on top."""
    canvas = Canvas(image)
    # Objects with a shape get a colour each, plain boxes that of their class.
    shaped = any(one.mask is not None or one.keypoints for one in detections)
    colours = [
        colour(number if shaped else max(0, one.category_id - 1))
        for number, one in enumerate(detections)
    ]
    # The best detection is drawn last, on top, and masks before boxes, so that none is tinted.
    backwards = list(zip(detections, colours, strict=True))[::-1]
    for one, fill in backwards:
        if one.mask is not None:
            canvas.mask(np.asarray(one.mask), fill)
    for one, fill in backwards:
        canvas.box(one.box, fill)
        if one.keypoints:
            _draw_person(canvas, one.keypoints, fill)
    for one, fill in zip(detections, colours, strict=True):
        canvas.label(one.box, f"{one.label} {percent(one.score).strip()}", fill)
    if any(one.keypoints for one in detections):
        return below(
            canvas.image, [Row(f"a person's {side}", swatch=shade) for side, shade in SIDES.items()]
        )
    return canvas.image


def captioned(image: Image.Image, text: str) -> Image.Image:
    """The image with a line below it that says what it shows."""
    return below(image, [Row(text)]) if text else image


def draw_segments(image: Image.Image, mask: Any, classes: Sequence[SegmentedClass]) -> Image.Image:
    """The image tinted by class, with a legend below it.

    Args:
        image: the image.
        mask: integers, (height, width) of the image: the category id of each pixel.
        classes: the classes to tint, in the order of the legend.
    """
    canvas, numbers = Canvas(image), np.asarray(mask)
    rows = []
    for one in classes:
        background = one.label.strip("_").lower() == "background"
        # Where there is a background it is class 0, so the first class is 1.
        fill = PAPER if background else colour(max(0, one.category_id - 1))
        if not background:
            canvas.mask(numbers == one.category_id, fill)
        rows.append(Row(one.label.strip("_"), percent(one.share).strip(), swatch=fill))
    return below(canvas.image, rows)


def draw_flow(image: Image.Image, flow: Any, mean: float, maximum: float) -> Image.Image:
    """The first image of a pair, and beside it (or below it) the movement as colours.

    Args:
        image: the first image.
        flow: float32, (2, height, width) of the image: the movement (x, y) in pixels.
        mean: the mean length of the movement, in pixels, for the text.
        maximum: the largest length of the movement, in pixels, for the text.
    """
    first = Canvas(image).image
    coloured = Image.fromarray(flow_colours(np.asarray(flow))).resize(first.size)
    wide = first.width >= 1.6 * first.height
    whole = Image.new(
        "RGB",
        (first.width, 2 * first.height) if wide else (2 * first.width, first.height),
    )
    whole.paste(first, (0, 0))
    whole.paste(coloured, (0, first.height) if wide else (first.width, 0))
    return below(
        whole,
        [
            Row(f"movement: mean {mean:.1f} px, max {maximum:.1f} px"),
            Row("hue: its direction, as in the wheel; full colour: max"),
        ],
        _wheel(max(64, min(whole.size) // 5)),
    )


def _draw_person(canvas: Canvas, keypoints: Sequence[Keypoint], fill: tuple[int, int, int]) -> None:
    """Draws the keypoints that are likely visible, and the `LIMBS` between them."""
    points = {point.name: (point.x, point.y) for point in keypoints if point.score > 0}
    limbs = [
        (points[a], points[b], _side(fill, a, b)) for a, b in LIMBS if a in points and b in points
    ]
    canvas.limbs([(place, _side(fill, name)) for name, place in points.items()], limbs)


def _side(fill: tuple[int, int, int], *names: str) -> tuple[int, int, int]:
    """The colour of a person's left or right, or that of the person."""
    for side, shade in SIDES.items():
        if all(name.startswith(f"{side}_") for name in names):
            return shade
    return fill


def film_strip(frames: Frames) -> Image.Image:
    """A video as one image: up to `STRIP` evenly spaced frames, two in a row."""
    count = len(frames)
    indices = sorted({(2 * k + 1) * count // (2 * STRIP) for k in range(STRIP)})
    images = [Image.fromarray(frame) for frame in frames.read(indices)]
    columns = 2 if len(images) > 1 else 1
    width, height = images[0].size
    lines = -(-len(images) // columns)
    gap = max(2, width // 100)
    size = (columns * (width + gap) - gap, lines * (height + gap) - gap)
    strip = Image.new("RGB", size, PAPER)
    for number, image in enumerate(images):
        line, column = divmod(number, columns)
        strip.paste(image, (column * (width + gap), line * (height + gap)))
    return strip


def _wheel(diameter: int) -> Image.Image:
    """A colour wheel of all directions: the colour right of the centre means movement right."""
    radius = diameter / 2
    steps = (np.arange(diameter, dtype=np.float32) + 0.5 - radius) / radius
    y, x = np.meshgrid(steps, steps, indexing="ij")
    inside = x**2 + y**2 <= 1
    # Colours are scaled by the longest movement: the corners must not count.
    wheel = Image.fromarray(flow_colours(np.stack([x * inside, y * inside])))
    wheel.putalpha(Image.fromarray(inside.astype(np.uint8) * np.uint8(255)))
    return wheel
