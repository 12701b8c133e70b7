"""Average precision of boxes, masks and keypoints, as COCO defines it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hubcore.prediction import DetectionResult, Result
from hubcore.prediction.coco import encode_rle

from ..data import Sample
from .base import Array, Metrics, Observation, Resampled
from .matching import Matches, match

__all__ = ["ObjectMetrics"]

KINDS = {
    "object-detection": {"box": "bbox"},
    "instance-segmentation": {"box": "bbox", "mask": "segm"},
    "keypoint-detection": {"box": "bbox", "kp": "keypoints"},
}


class ObjectMetrics(Metrics):
    """``box_map`` in percent, with ``_50``, ``_75``, ``_small``, ``_medium`` and ``_large``.

    ``mask_map`` and ``kp_map`` likewise, where the task has them. An observation holds the true
    objects and COCO's results of one image.
    """

    failures_count = "counted as images where nothing was found"
    resamples = 200

    def observe(self, sample: Sample, result: Result) -> Observation:
        assert isinstance(result, DetectionResult)  # as all results of this task
        found = []
        for one in result.detections:
            # In float32, as torchvision's reference converts boxes.
            x1, y1, x2, y2 = np.array(one.box, np.float32)
            row: dict[str, Any] = {
                "category_id": one.category_id,
                "bbox": [float(value) for value in (x1, y1, x2 - x1, y2 - y1)],
                "score": one.score,
            }
            if one.mask is not None:
                row["segmentation"] = encode_rle(one.mask)
            if one.keypoints:
                row["keypoints"] = [
                    value for point in one.keypoints for value in (point.x, point.y, 1.0)
                ]
            found.append(row)
        return {"size": list(result.size), "truth": sample.target, "found": found}

    def failed(self, sample: Sample) -> Observation:
        return {"size": [1, 1], "truth": sample.target, "found": []}

    def compute(self, observations: Sequence[Observation]) -> dict[str, float]:
        metrics = {}
        for name, matches in self._matches(observations).items():
            metrics[f"{name}_map"] = matches.mean()
            for threshold in (0.5, 0.75):
                metrics[f"{name}_map_{threshold * 100:g}"] = matches.mean(threshold=threshold)
            for area in matches.areas[1:]:
                metrics[f"{name}_map_{area}"] = matches.mean(area)
        return {name: 100 * value for name, value in metrics.items()}

    def resampled(self, observations: Sequence[Observation]) -> Resampled:
        matched = self._matches(observations)

        def metrics(counts: Array) -> dict[str, float]:
            return {
                f"{name}_map": 100 * matches.mean(counts=counts)
                for name, matches in matched.items()
            }

        return metrics

    def score(self, observation: Observation) -> float | None:
        return float(sum(one["score"] for one in observation["found"]))

    def _matches(self, observations: Sequence[Observation]) -> dict[str, Matches]:
        return {
            name: match(*self._coco(observations, kind), kind)
            for name, kind in KINDS[self.task].items()
        }

    def _coco(
        self, observations: Sequence[Observation], kind: str
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """COCO's data set and results. Ids are from 1: pycocotools takes 0 for none."""
        images: list[dict[str, Any]] = []
        truth: list[dict[str, Any]] = []
        found: list[dict[str, Any]] = []
        part = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}[kind]
        for number, one in enumerate(observations, 1):
            width, height = one["size"]
            images.append({"id": number, "width": width, "height": height})
            for row in one["truth"]:
                truth.append({**row, "id": len(truth) + 1, "image_id": number})
            for row in one["found"]:
                if part in row:
                    kept = {"category_id": row["category_id"], "score": row["score"]}
                    found.append({"image_id": number, **kept, part: row[part]})
        categories = [{"id": id, "name": str(id)} for id in sorted(_ids(truth))]
        known = {one["id"] for one in categories}
        content = {"images": images, "annotations": truth, "categories": categories}
        return content, [row for row in found if row["category_id"] in known]


def _ids(rows: Iterable[dict[str, Any]]) -> set[int]:
    return {row["category_id"] for row in rows}
