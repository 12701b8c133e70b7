"""Drawn scenes: labelled images for trying a training, of any size and number, without a download.

Circles, squares and triangles on a noisy ground, in COCO's format with boxes and polygons, and as
pairs of images and masks; and stick figures with COCO's 17 keypoints.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["KEYPOINTS", "SHAPES", "draw_figures", "draw_scenes"]

SHAPES = ("circle", "square", "triangle")
COLOURS = {"circle": (200, 60, 50), "square": (50, 160, 70), "triangle": (60, 80, 200)}

FIGURE = {
    "nose": (0.50, 0.10), "left_eye": (0.54, 0.07), "right_eye": (0.46, 0.07),
    "left_ear": (0.59, 0.09), "right_ear": (0.41, 0.09), "left_shoulder": (0.66, 0.25),
    "right_shoulder": (0.34, 0.25), "left_elbow": (0.80, 0.40), "right_elbow": (0.20, 0.40),
    "left_wrist": (0.92, 0.52), "right_wrist": (0.08, 0.52), "left_hip": (0.60, 0.55),
    "right_hip": (0.40, 0.55), "left_knee": (0.66, 0.76), "right_knee": (0.34, 0.76),
    "left_ankle": (0.70, 0.97), "right_ankle": (0.30, 0.97),
}  # fmt: skip
KEYPOINTS = tuple(FIGURE)
BONES = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"),
        ("knee", "ankle"))),
)  # fmt: skip


def draw_scenes(
    folder: str | Path,
    count: int,
    *,
    size: tuple[int, int] = (160, 120),
    objects: int = 3,
    seed: int = 0,
) -> Path:
    """Draws scenes of shapes.

    Args:
        folder: gets ``images/`` and ``masks/`` (PNG; a pixel's value is 1 + the index in `SHAPES`,
            0 for the ground), ``labels.csv`` with the names of these values, and
            ``annotations/instances_train.json`` (COCO's format).
        count: the number of images.
        size: their width and height in pixels.
        objects: the most objects in an image; there is at least one.
        seed: of all that is random.

    Returns:
        The folder.
    """
    folder = Path(folder)
    random = np.random.default_rng(seed)
    for name in ("images", "masks", "annotations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        picture, mask = _ground(random, size), Image.new("L", size)
        for place in _places(random, size, objects):
            kind = str(random.choice(SHAPES))
            outline = _outline(kind, *place)
            shade = tuple(int(one + random.integers(-30, 31)) for one in COLOURS[kind])
            ImageDraw.Draw(picture).polygon(outline, fill=shade)
            ImageDraw.Draw(mask).polygon(outline, fill=1 + SHAPES.index(kind))
            annotations.append(_annotation(len(annotations) + 1, number, kind, outline))
        name = f"{number:04}.png"
        picture.save(folder / "images" / name)
        mask.save(folder / "masks" / name)
        images.append({"id": number, "file_name": name, "width": size[0], "height": size[1]})
    names = ["0,background", *(f"{index},{name}" for index, name in enumerate(SHAPES, 1))]
    (folder / "labels.csv").write_text("".join(f"{line}\n" for line in names), "utf-8")
    categories = [{"id": index, "name": name} for index, name in enumerate(SHAPES, 1)]
    _write(folder / "annotations" / "instances_train.json", images, annotations, categories)
    return folder


def draw_figures(
    folder: str | Path, count: int, *, size: tuple[int, int] = (160, 160), seed: int = 0
) -> Path:
    """Draws a stick figure in each image, with COCO's 17 keypoints.

    Args:
        folder: gets ``images/`` and ``annotations/person_keypoints_train.json``.
        count: the number of images.
        size: their width and height in pixels.
        seed: of all that is random.

    Returns:
        The folder.
    """
    folder = Path(folder)
    random = np.random.default_rng(seed)
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(1, count + 1):
        picture = _ground(random, size)
        high = int(random.integers(size[1] // 2, size[1] * 9 // 10))
        wide = high * 2 // 3
        left = int(random.integers(0, max(1, size[0] - wide)))
        top = int(random.integers(0, size[1] - high))
        points = {
            name: (left + wide * x + random.normal(0, 0.01) * wide, top + high * y)
            for name, (x, y) in FIGURE.items()
        }
        _draw_figure(picture, points, max(1, high // 40))
        name = f"{number:04}.png"
        picture.save(folder / "images" / name)
        images.append({"id": number, "file_name": name, "width": size[0], "height": size[1]})
        annotations.append(
            {
                "id": number, "image_id": number, "category_id": 1, "iscrowd": 0,
                "bbox": [left, top, wide, high], "area": wide * high, "num_keypoints": 17,
                "keypoints": [one for x, y in points.values() for one in (x, y, 2)],
            }
        )  # fmt: skip
    categories = [{"id": 1, "name": "person", "keypoints": list(KEYPOINTS)}]
    _write(folder / "annotations" / "person_keypoints_train.json", images, annotations, categories)
    return folder


def _ground(random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    shade = random.integers(190, 236)
    noise = random.normal(0, 8, (size[1], size[0], 1))
    values = np.clip(shade + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(np.repeat(values, 3, axis=2))


def _places(
    random: np.random.Generator, size: tuple[int, int], most: int
) -> list[tuple[float, float, float]]:
    """Centres and radii of objects that do not touch."""
    found: list[tuple[float, float, float]] = []
    wanted = int(random.integers(1, most + 1))
    for _ in range(50):
        radius = float(random.uniform(0.1, 0.22)) * min(size)
        x, y = (float(random.uniform(radius, side - radius)) for side in size)
        if all(math.hypot(x - a, y - b) > radius + r + 2 for a, b, r in found):
            found.append((x, y, radius))
        if len(found) == wanted:
            break
    return found


def _outline(kind: str, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    corners, start = {"circle": (24, 0.0), "square": (4, 45.0), "triangle": (3, -90.0)}[kind]
    angles = [math.radians(start + 360 * number / corners) for number in range(corners)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _annotation(
    number: int, image: int, kind: str, outline: list[tuple[float, float]]
) -> dict[str, Any]:
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    following = [*outline[1:], outline[0]]
    twice = sum(a * d - c * b for (a, b), (c, d) in zip(outline, following, strict=True))
    return {
        "id": number, "image_id": image, "category_id": 1 + SHAPES.index(kind), "iscrowd": 0,
        "bbox": box, "area": abs(twice) / 2,
        "segmentation": [[value for point in outline for value in point]],
    }  # fmt: skip


def _draw_figure(picture: Image.Image, points: dict[str, tuple[float, float]], wide: int) -> None:
    pen = ImageDraw.Draw(picture)
    for one, other in BONES:
        colour = (200, 60, 50) if one.startswith("left") else (60, 80, 200)
        pen.line([points[one], points[other]], fill=colour, width=wide)
    (left, y), (right, _) = points["left_ear"], points["right_ear"]
    radius = (left - right) / 2
    pen.ellipse([right, y - radius, left, y + radius], outline=(40, 40, 40), width=wide)
    for name in ("left_eye", "right_eye", "nose"):
        x, y = points[name]
        pen.ellipse([x - wide, y - wide, x + wide, y + wide], fill=(40, 40, 40))


def _write(path: Path, images: Any, annotations: Any, categories: Any) -> None:
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content), "utf-8")
