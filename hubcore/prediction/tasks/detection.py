"""Detection of objects: boxes and, from some models, masks or keypoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...protocols import WeightsLike
from ..inputs import ImageInput
from ..results import DetectionResult
from ..values import Detection, Keypoint
from .base import ImageTask, Model, Options, Sample

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ObjectDetection"]

MASK_THRESHOLD = 0.5
"""A pixel belongs to an object if its probability in the mask is above this."""


class ObjectDetection(ImageTask):
    """For models that take a list of images and return a dict for each, as torchvision's do."""

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        super().__init__(weights, options)
        self.keypoint_names: Sequence[str] = weights.meta.get("keypoint_names") or ()

    def run(self, model: Model, samples: Sequence[Sample]) -> Any:
        return model([sample.tensors[0] for sample in samples])

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[DetectionResult]:
        return [
            DetectionResult(item, sample.size, self._detections(found))
            for item, sample, found in zip(items, samples, output, strict=True)
        ]

    def _detections(self, found: Mapping[str, Tensor]) -> tuple[Detection, ...]:
        scores = found["scores"].float().cpu()
        order = scores.argsort(descending=True, stable=True)
        chosen = order[scores[order] >= self.options.score].tolist()
        boxes = found["boxes"].float().cpu()
        masks = found.get("masks")
        points = found.get("keypoints")
        point_scores = found.get("keypoints_scores")
        return tuple(
            Detection(
                label=self.label(category := int(found["labels"][index])),
                category_id=category,
                score=float(scores[index]),
                box=tuple(boxes[index].tolist()),
                mask=None if masks is None else (masks[index, 0] > MASK_THRESHOLD).cpu(),
                keypoints=()
                if points is None
                else self._keypoints(
                    points[index], None if point_scores is None else point_scores[index]
                ),
            )
            for index in chosen
        )

    def _keypoints(self, points: Tensor, scores: Tensor | None) -> tuple[Keypoint, ...]:
        """Makes keypoints from points (K, 3), each x, y and visibility, and scores (K,) if any."""
        confidence = points[:, 2] if scores is None else scores
        names = self.keypoint_names
        return tuple(
            Keypoint(names[k] if k < len(names) else f"point {k}", x, y, score)
            for k, ((x, y), score) in enumerate(
                zip(points[:, :2].tolist(), confidence.float().tolist(), strict=True)
            )
        )
