"""A class for each pixel: Pascal VOC's masks, pairs of PNG files, and COCO's polygons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hubcore.prediction.folders import images_in
from hubcore.prediction.inputs import ImageInput

from ..errors import DataError, UnknownClassesError
from .labels import Labels
from .objects import coco_file, coco_images, read_json, voc_image, voc_names, voc_root
from .reading import rasterised
from .samples import Data, Sample, image, relative

__all__ = ["IGNORED", "read_masks"]

IGNORED = 255
"""The value of pixels where no class counts."""

IMAGES = ("images", "image", "JPEGImages", "img", "leftImg8bit")
MASKS = ("masks", "mask", "labels", "annotations", "SegmentationClass", "gtFine")

Mask = Callable[[], Any]


def read_masks(root: Path, labels: Labels, names: Mapping[str, str], split: str | None) -> Data:
    """Reads images with a class for each pixel.

    Args:
        root: a folder in VOC's or COCO's layout, or with the folders ``images`` and ``masks``.
        labels: finds the weights' category of each of COCO's classes.
        names: for masks: the category of each pixel's value that means another one; a value that
            is not among them is the index of the category.
        split: the split, such as ``val``.

    Raises:
        DataError: the layout is none of these.
    """
    voc = voc_root(root)
    if voc is not None and (voc / "SegmentationClass").is_dir():
        pairs = [
            (voc_image(voc, name), voc / "SegmentationClass" / f"{name}.png")
            for name in voc_names(voc, "Segmentation", split or "val")
        ]
        return _of_pairs("Pascal VOC", voc, pairs, labels, names)
    folders = _pair_folders(root)
    if folders is not None:
        images, masks = folders
        pairs = [(path, masks / f"{path.stem}.png") for path in images_in(images)]
        return _of_pairs("pairs of images and masks", root, pairs, labels, names)
    return _of_coco(root, labels, split)


def _pair_folders(root: Path) -> tuple[Path, Path] | None:
    images = next((root / name for name in IMAGES if (root / name).is_dir()), None)
    masks = next((root / name for name in MASKS if (root / name).is_dir()), None)
    if images is None or masks is None or not any(masks.glob("*.png")):
        return None
    return images, masks


def _of_pairs(
    kind: str,
    root: Path,
    pairs: list[tuple[Path, Path]],
    labels: Labels,
    names: Mapping[str, str],
) -> Data:
    table = np.arange(256)
    for value in names:
        if not value.isdecimal() or int(value) > 255:
            raise DataError(f"'{value}' is not the value of a pixel: expected 0 to 255")
    labels.learn(sorted(names, key=int))
    for value, name in names.items():
        index = labels.find(value)
        table[int(value)] = IGNORED if index is None else index
        if index is None and name != "-":
            labels.require(root)
    if not labels.categories:
        raise DataError(
            f"{root}: masks do not say what their values mean. Give labels: a CSV file with a line "
            f"'0,background' for each value."
        )
    labels.left_out.clear()  # counted in pixels, while they are read
    if not pairs:
        raise DataError(f"{root}: no images with masks")
    classes = len(labels.categories)
    return Data(
        kind,
        root,
        [image(root, path, partial(_read, mask, table, classes), mask) for path, mask in pairs],
    )


def _read(path: Path, table: Any, classes: int) -> Any:
    """The classes of a PNG's pixels: its greys, or the indices of its palette."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.mode not in ("P", "L", "1"):
                raise DataError(
                    f"{path}: a mask has one value from 0 to 255 for each pixel: expected a PNG "
                    f"with a palette or 8-bit greys, not '{picture.mode}'"
                )
            values = table[np.asarray(picture).astype(np.uint8)]
    except OSError as error:
        raise DataError(f"{path}: the mask cannot be read: {error}") from error
    unknown = (values >= classes) & (values != IGNORED)
    if unknown.any():
        found, counts = np.unique(values[unknown], return_counts=True)
        names = {str(value): int(count) for value, count in zip(found, counts, strict=True)}
        raise UnknownClassesError(path, names)
    return values


def _of_coco(root: Path, labels: Labels, split: str | None) -> Data:
    path = coco_file(root, "semantic-segmentation", split)
    content = read_json(path)
    names = {one["id"]: str(one["name"]) for one in content["categories"]}
    labels.learn((names[key] for key in sorted(names)), background=True)
    by_image: dict[Any, list[tuple[int, Any]]] = {}
    for annotation in content["annotations"]:
        index = labels.find(names.get(annotation["category_id"], str(annotation["category_id"])))
        if index is not None:
            by_image.setdefault(annotation["image_id"], []).append(
                (index, annotation.get("segmentation") or [])
            )
    labels.require(path)
    samples = [
        Sample(
            relative(root, file),
            ImageInput(str(file), file),
            partial(_painted, by_image.get(one["id"], []), file),
            (path,),
        )
        for one, file in coco_images(root, path, content)
    ]
    return Data("COCO", root, samples, dict(labels.left_out))


def _painted(objects: list[tuple[int, Any]], file: Path) -> Any:
    """One class a pixel, as torchvision's reference paints COCO's objects.

    Where objects overlap no class counts.
    """
    with Image.open(file) as picture:
        width, height = picture.size
    values = np.zeros((height, width), np.int64)
    covered = np.zeros((height, width), np.int64)
    for index, shape in objects:
        inside = rasterised(shape, width, height, str(file))
        values = np.maximum(values, inside * index)
        covered += inside
    values[covered > 1] = IGNORED
    return values
