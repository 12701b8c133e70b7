"""Predictions as COCO-style JSON: what programs read.

A document has COCO's ``images``, ``categories`` and ``annotations``, so ``pycocotools`` loads it,
and its annotations serve as a COCO results list. Bounding boxes are [x, y, width, height] in
pixels; masks are run lengths in COCO's compressed form, as ``pycocotools.mask`` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from itertools import chain, pairwise
from typing import Any

import torch
from torch import Tensor

from .inputs import PairInput
from .results import (
    ClassificationResult,
    Detection,
    DetectionResult,
    Failure,
    Flow,
    Keypoint,
    Result,
    SemanticMask,
)

__all__ = ["Document", "annotations_of", "encode_rle"]


class Document:
    """Collects results; only their annotations are kept, so memory stays small.

    Args:
        **about: what to say of the whole, such as the model and the weights.
    """

    def __init__(self, **about: Any) -> None:
        self._about = about
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._categories: dict[int, str] = {}
        self._errors: list[dict[str, str]] = []

    def add(self, result: Result | Failure, **facts: Any) -> None:
        """Adds a result; `facts` are said of its image."""
        if isinstance(result, Failure):
            self._errors.append({"file_name": result.source, "error": result.error.reason})
            return
        width, height = result.size
        image: dict[str, Any] = {"id": len(self._images) + 1, "file_name": result.source.name}
        if isinstance(result.source, PairInput):
            image["file_name"] = result.source.first.name
            image["next_file_name"] = result.source.second.name
        self._images.append({**image, "width": width, "height": height, **facts})
        for annotation in result.annotations():
            identity = {
                "id": len(self._annotations) + 1,
                "image_id": image["id"],
                "image": image["file_name"],
            }
            self._annotations.append({**identity, **annotation})
            if "category_id" in annotation:
                self._categories[annotation["category_id"]] = annotation["category"]

    def to_json(self) -> dict[str, Any]:
        return {
            "info": self._about,
            "images": self._images,
            "categories": [
                {"id": id, "name": name} for id, name in sorted(self._categories.items())
            ],
            "annotations": self._annotations,
            "errors": self._errors,
        }


@singledispatch
def annotations_of(result: Result) -> list[dict[str, Any]]:
    """A result's annotations, without the image they belong to."""
    raise TypeError(f"{type(result).__name__} has no COCO form")


@annotations_of.register
def _(result: ClassificationResult) -> list[dict[str, Any]]:
    return [
        {
            "category_id": found.category_id,
            "category": found.label,
            "score": round(found.probability, 6),
        }
        for found in result.classes
    ]


@annotations_of.register
def _(result: DetectionResult) -> list[dict[str, Any]]:
    return [_detection(found) for found in result.detections]


def _detection(found: Detection) -> dict[str, Any]:
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
    """COCO's x, y and visibility: 1 is placed but likely hidden, 2 seen."""
    return round(point.x, 2), round(point.y, 2), 2 if point.score > 0 else 1


@annotations_of.register
def _(result: SemanticMask) -> list[dict[str, Any]]:
    found = []
    for one in result.classes:
        mask = result.mask == one.category_id
        found.append(
            {
                "category_id": one.category_id,
                "category": one.label,
                "bbox": _bounds(mask),
                "segmentation": encode_rle(mask),
                "area": int(mask.sum()),
                "iscrowd": 0,
            }
        )
    return found


@annotations_of.register
def _(result: Flow) -> list[dict[str, Any]]:
    return [
        {
            "magnitude": {
                "min": round(result.minimum, 4),
                "mean": round(result.mean, 4),
                "max": round(result.maximum, 4),
            }
        }
    ]


def encode_rle(mask: Tensor) -> dict[str, Any]:
    """A mask's run lengths as COCO writes them.

    Args:
        mask: bool, (height, width).

    Returns:
        ``size``, which is [height, width], and ``counts``: lengths of alternating runs of zeros and
        ones, down the columns, in COCO's compressed text.
    """
    height, width = mask.shape
    flat = mask.t().flatten().to(torch.int8)
    changes = (flat.diff().nonzero().flatten() + 1).tolist()
    edges = [0, *changes, len(flat)] if len(flat) else [0]
    counts = [end - start for start, end in pairwise(edges)]
    if len(flat) and flat[0]:
        counts.insert(0, 0)  # the first run is of zeros
    return {"size": [height, width], "counts": _compress(counts)}


def _compress(counts: Iterable[int]) -> str:
    """COCO's text form: each number less the one two places before, in base 32, least digit first.

    The sixth bit of a digit says that more follow; a number's sign is the fifth bit of its last.
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


def _bounds(mask: Tensor) -> list[int]:
    """[x, y, width, height] of what a mask covers; it covers something."""
    rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
    top, left = int(rows[0]), int(columns[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
