"""Detection of objects, with their masks or keypoints where the model has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import box_iou

from ..agreement import IOU, Arrays, Measure, difference
from ..detectors import detection_module
from ..errors import ExportError
from ..pipeline import Pipeline, example_image, image_port
from ..ports import Port
from .classification import example

__all__ = ["example", "measures", "outputs", "pipeline"]

SCORE = 0.01
"""The largest difference of a score."""
NEAR = 0.001
"""Objects whose scores are so near to the lowest that is kept may be in one result only."""
POINT = 0.01
"""Pixels: boxes whose corners are this near are equal, however small they are."""
PIXEL = 0.5
PARTS = 0.01
"""The largest part of keypoints that may be farther away: a heat map can have equal maxima."""


class _Detector(nn.Module):
    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.detector(image[0])
        return found


def pipeline(model: nn.Module, weights: Any, top: int) -> Pipeline:
    try:
        module = _Detector(detection_module(model))
    except TypeError as error:
        raise ExportError(str(error)) from error
    outputs = [
        Port("boxes", "float32", (1, "objects", 4), "x1, y1, x2, y2 in pixels of the image"),
        Port("scores", "float32", (1, "objects"), "highest first; after the last object 0"),
        Port("labels", "int64", (1, "objects"), "indices in the categories"),
        Port("count", "int64", (1,), "how many of them are objects; the rest fills up"),
    ]
    heads = getattr(model, "roi_heads", None)
    if heads is not None and heads.has_mask():
        of_masks = (1, "objects", "height", "width")
        outputs.append(Port("masks", "bool", of_masks, "each object's pixels in the image"))
    if heads is not None and heads.has_keypoint():
        shape = (1, "objects", "points", 2)
        outputs.append(Port("keypoints", "float32", shape, "x, y in pixels of the image"))
        outputs.append(
            Port("keypoint_scores", "float32", shape[:-1], "the height of the heat map there")
        )
    return Pipeline(module, (image_port(batch=1),), (example_image(1),), tuple(outputs))


def outputs(result: Any) -> Arrays:
    objects = result.detections
    found: dict[str, Any] = {
        "boxes": np.array([one.box for one in objects], dtype=np.float32).reshape(-1, 4),
        "scores": np.array([one.score for one in objects], dtype=np.float32),
        "labels": np.array([one.category_id for one in objects], dtype=np.int64),
    }
    if objects and objects[0].mask is not None:
        found["masks"] = np.stack([np.asarray(one.mask) for one in objects])
    if objects and objects[0].keypoints:
        points = [[(point.x, point.y) for point in one.keypoints] for one in objects]
        found["keypoints"] = np.array(points, dtype=np.float32)
    return found


def measures(expected: Arrays, found: Arrays) -> list[Measure]:
    ours, theirs = _objects(expected), _objects(found)
    overlap = box_iou(torch.from_numpy(ours["boxes"]), torch.from_numpy(theirs["boxes"])).numpy()
    # Of boxes without extent there is no overlap.
    apart = np.abs(ours["boxes"][:, None] - theirs["boxes"]).max(-1, initial=0.0)
    overlap = np.where(apart <= POINT, 1.0, np.nan_to_num(overlap))
    same = ours["labels"][:, None] == theirs["labels"]
    close = np.abs(ours["scores"][:, None] - theirs["scores"]) <= SCORE
    overlap = np.where(same & close, overlap, 0.0)
    lowest = max(
        (float(side["scores"].min()) for side in (ours, theirs) if len(side["scores"])),
        default=0.0,
    )
    sure = [side["scores"] > lowest + NEAR for side in (ours, theirs)]
    best = [overlap.max(axis, initial=0.0)[own] for axis, own in ((1, sure[0]), (0, sure[1]))]
    worst = min(float(side.min(initial=1.0)) for side in best)
    measured = [Measure("boxes: IoU of those with equal labels", worst, IOU, at_least=True)]

    rows = np.flatnonzero(overlap.max(1, initial=0.0) >= IOU)
    pairs = overlap[rows].argmax(1) if len(rows) else rows
    scores = difference(ours["scores"][rows], theirs["scores"][pairs])
    measured.append(Measure("scores: largest difference", scores, SCORE))
    if "masks" in theirs:
        one = ours["masks"][rows] if len(rows) else np.zeros(0, bool)
        other = theirs["masks"][pairs] if len(rows) else one
        common = int((one & other).sum())
        union = int((one | other).sum())
        part = common / union if union else 1.0
        measured.append(Measure("masks: IoU", part, IOU, at_least=True))
    if "keypoints" in theirs:
        away = np.zeros(0)
        if len(rows):
            away = np.abs(ours["keypoints"][rows] - theirs["keypoints"][pairs]).max(-1)
        part = float((away > PIXEL).mean()) if away.size else 0.0
        measured.append(Measure(f"keypoints: part farther than {PIXEL} pixels", part, PARTS))
    return measured


def _objects(arrays: Arrays) -> dict[str, Any]:
    """Without a batch and without what fills up, as the hub's own results are."""
    if "count" not in arrays:
        return dict(arrays)
    count = int(arrays["count"][0])
    return {name: value[0][:count] for name, value in arrays.items() if name != "count"}
