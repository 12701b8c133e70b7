"""Predictions as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import torch
from PIL import Image, ImageDraw
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import flow_to_image

from .canvas import INK, PAPER, Canvas, Row, below, colour
from .frames import as_image
from .inputs import ClipInput
from .results import (
    ClassificationResult,
    DetectionResult,
    Flow,
    Keypoint,
    Result,
    SemanticMask,
    percent,
)

__all__ = ["draw"]

STRIP = 4
"""How many frames of a video its picture shows."""

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
"""COCO's skeleton of a person. Keypoints of other names are shown as points."""


@singledispatch
def draw(result: Result) -> Image.Image:
    """The result's input with what was predicted drawn on it, RGB.

    Small images are enlarged so that the text can be read.
    """
    raise TypeError(f"{type(result).__name__} has no picture")


@draw.register
def _(result: ClassificationResult) -> Image.Image:
    source = result.source
    image = _film_strip(source) if isinstance(source, ClipInput) else source.open()
    rows = [
        Row(found.label, percent(found.probability).strip(), share=found.probability)
        for found in result.classes
    ]
    return below(Canvas(image).image, rows)


@draw.register
def _(result: DetectionResult) -> Image.Image:
    canvas = Canvas(result.source.open())
    found = result.detections
    # Objects that have a shape are told apart, plain boxes show their class.
    shaped = any(one.mask is not None or one.keypoints for one in found)
    colours = [
        colour(number if shaped else max(0, one.category_id - 1))
        for number, one in enumerate(found)
    ]
    # The best on top, and no tint over a box.
    backwards = list(zip(found, colours, strict=True))[::-1]
    for one, fill in backwards:
        if one.mask is not None:
            canvas.mask(one.mask, fill)
    for one, fill in backwards:
        canvas.box(one.box, fill)
        if one.keypoints:
            _draw_person(canvas, one.keypoints, fill)
    for one, fill in zip(found, colours, strict=True):
        canvas.label(one.box, f"{one.label} {percent(one.score).strip()}", fill)
    return canvas.image


@draw.register
def _(result: SemanticMask) -> Image.Image:
    canvas = Canvas(result.source.open())
    rows = []
    for one in result.classes:
        background = one.label.strip("_").lower() == "background"
        # Class 0 is the background where there is one, so that the first class has 1.
        fill = PAPER if background else colour(max(0, one.category_id - 1))
        if not background:
            canvas.mask(result.mask == one.category_id, fill)
        rows.append(Row(one.label.strip("_"), percent(one.share).strip(), swatch=fill))
    return below(canvas.image, rows)


@draw.register
def _(result: Flow) -> Image.Image:
    first = Canvas(result.source.first.open()).image
    coloured = to_pil_image(flow_to_image(result.flow)).resize(first.size)
    # flow_to_image's hue is the direction; the farthest movement has the full colour.
    _inset(coloured, _wheel(min(first.size) // 4))
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
            Row(f"movement: mean {result.mean:.1f} px, max {result.maximum:.1f} px"),
            Row("hue: its direction, as in the wheel; full colour: max"),
        ],
    )


def _draw_person(canvas: Canvas, keypoints: Sequence[Keypoint], fill: tuple[int, int, int]) -> None:
    """The points that are likely visible, joined as `LIMBS` says."""
    points = {point.name: (point.x, point.y) for point in keypoints if point.score > 0}
    limbs = [(points[a], points[b]) for a, b in LIMBS if a in points and b in points]
    canvas.limbs(list(points.values()), limbs, fill)


def _film_strip(source: ClipInput) -> Image.Image:
    """Frames at even distances, two by two."""
    frames = source.frames()
    count = len(frames)
    indices = sorted({(2 * k + 1) * count // (2 * STRIP) for k in range(STRIP)})
    images = [as_image(frame) for frame in frames.read(indices)]
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
    """The colours of all directions: what lies right of the centre moves right."""
    radius = diameter / 2
    steps = (torch.arange(diameter) + 0.5 - radius) / radius
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    inside = x**2 + y**2 <= 1
    # The corners, farther than any movement within the wheel, would dim it.
    wheel: Image.Image = to_pil_image(flow_to_image(torch.stack([x * inside, y * inside])))
    wheel.putalpha(to_pil_image(inside.to(torch.uint8) * 255))
    return wheel


def _inset(image: Image.Image, wheel: Image.Image) -> None:
    """Puts the wheel into the lower right corner."""
    gap = max(4, wheel.width // 12)
    left, top = image.width - wheel.width - gap, image.height - wheel.height - gap
    ring = (left - 2, top - 2, left + wheel.width + 1, top + wheel.height + 1)
    draw = ImageDraw.Draw(image)
    draw.ellipse(ring, fill=INK)
    image.paste(wheel, (left, top), wheel)
