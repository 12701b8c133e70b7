"""Converts predicted values to COCO-style annotations, ready for JSON.

Bounding boxes are [x, y, width, height] in pixels. Masks are run lengths in COCO's compressed form
(RLE), as ``pycocotools.mask`` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from .pixels import Array
from .values import Classification, Detection, Keypoint, SegmentedClass

__all__ = ["encode_rle", "of_classes", "of_detection", "of_segments"]

Annotation = dict[str, Any]


def of_classes(classes: Sequence[Classification]) -> list[Annotation]:
    """One annotation per class, without a box."""
    return [
        {
            "category_id": found.category_id,
            "category": found.label,
            "score": round(found.probability, 6),
        }
        for found in classes
    ]


def of_detection(found: Detection) -> Annotation:
    """The annotation of an object: its box, and its mask and keypoints if it has them."""
    x1, y1, x2, y2 = found.box
    box = [x1, y1, x2 - x1, y2 - y1]
    annotation: dict[str, Any] = {
        "category_id": found.category_id,
        "category": found.label,
        "bbox": [round(value, 2) for value in box],
        "score": round(found.score, 6),
        "area": round(box[2] * box[3], 2),
        "iscrowd": 0,
    }
    if found.mask is not None:
        annotation["segmentation"] = encode_rle(found.mask)
        annotation["area"] = int(found.mask.sum())
    if found.keypoints:
        annotation["keypoints"] = list(chain.from_iterable(map(_point, found.keypoints)))
        annotation["num_keypoints"] = len(found.keypoints)
        annotation["keypoint_names"] = [point.name for point in found.keypoints]
        annotation["keypoint_scores"] = [round(point.score, 4) for point in found.keypoints]
    return annotation


def _point(point: Keypoint) -> tuple[float, float, int]:
    """COCO's x, y and visibility: 2 is labelled and visible, 1 is labelled but likely hidden."""
    return round(point.x, 2), round(point.y, 2), 2 if point.score > 0 else 1


def of_segments(mask: Any, classes: Sequence[SegmentedClass]) -> list[Annotation]:
    """One annotation per class, which covers all its pixels.

    Args:
        mask: integers, (height, width) of the image: the category id of each pixel.
        classes: the classes that are present in the mask.
    """
    found, numbers = [], np.asarray(mask)
    for one in classes:
        pixels = numbers == one.category_id
        found.append(
            {
                "category_id": one.category_id,
                "category": one.label,
                "bbox": _bounds(pixels),
                "segmentation": encode_rle(pixels),
                "area": int(pixels.sum()),
                "iscrowd": 0,
            }
        )
    return found


def encode_rle(mask: Any) -> dict[str, Any]:
    """Encodes a mask as COCO's compressed run lengths (RLE), as ``pycocotools.mask`` does.

    Args:
        mask: bool, (height, width): an array, or a tensor on the CPU.

    Returns:
        A dict with ``size``, [height, width], and ``counts``: the lengths of alternating runs of
        zeros and ones, column by column, in COCO's compressed text form.
    """
    height, width = mask.shape
    flat = np.asarray(mask).astype(bool).ravel(order="F")
    changes = (np.flatnonzero(flat[1:] != flat[:-1]) + 1).tolist()
    edges = [0, *changes, len(flat)] if len(flat) else [0]
    counts = [end - start for start, end in pairwise(edges)]
    if len(flat) and flat[0]:
        counts.insert(0, 0)  # the first run is always one of zeros
    return {"size": [height, width], "counts": _compress(counts)}


def _compress(counts: Iterable[int]) -> str:
    """COCO's text form of run lengths.

    Each number is written as its difference from the one two places before, in base 32, the least
    significant digit first. The sixth bit of a digit says that more digits follow; the fifth bit
    of the last digit is the sign.
    """
    counts = list(counts)
    text = []
    for place, count in enumerate(counts):
        number = count - counts[place - 2] if place > 2 else count
        while True:
            digit = number & 31
            number >>= 5
            more = number != (-1 if digit & 16 else 0)
            text.append(chr(48 + digit + 32 * more))
            if not more:
                break
    return "".join(text)


def _bounds(mask: Array) -> list[int]:
    """The bounding box [x, y, width, height] of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
