"""Detection of objects: boxes and, from some models, masks or keypoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...protocols import WeightsLike
from ..errors import PredictionError
from ..inputs import ImageInput
from ..pixels import Array
from ..results import DetectionResult
from ..values import Detection, Keypoint
from .base import ImageTask, Model, Options, Sample
from .queries import objects_in

__all__ = ["ObjectDetection"]

MASK_THRESHOLD = 0.5
"""A pixel belongs to an object if its probability in the mask is above this."""


class ObjectDetection(ImageTask):
    """For models that take a list of images and return a dict for each, as torchvision's do.

    Or, where the weights' ``meta`` has ``scores``, for models that take a batch and return what
    each of their queries found (`queries`).
    """

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        super().__init__(weights, options)
        self.keypoint_names: Sequence[str] = weights.meta.get("keypoint_names") or ()
        self.scores: str | None = weights.meta.get("scores")

    def run(self, model: Model, samples: Sequence[Sample]) -> Any:
        if self.scores is not None:
            return super().run(model, samples)
        return model([sample.tensors[0] for sample in samples])

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[DetectionResult]:
        if self.scores is not None:
            sizes = [sample.size for sample in samples]
            output = objects_in(output, sizes, self.scores, self.options.score)
        elif not isinstance(output, list | tuple):
            raise PredictionError(
                "The model does not return a list of dicts, as torchvision's detectors do. If it "
                "returns \"pred_boxes\" of queries, as DETR's kin, say so in the weights' meta: "
                '"scores": "sigmoid" or "softmax".'
            )
        return [
            DetectionResult(item, sample.size, self._of_model(found))
            for item, sample, found in zip(items, samples, output, strict=True)
        ]

    def _of_model(self, found: Mapping[str, Any]) -> tuple[Detection, ...]:
        """The objects of a model's dict, whose values are tensors."""
        masks, points = found.get("masks"), found.get("keypoints")
        point_scores = found.get("keypoints_scores")
        if points is not None:
            points = points.float().cpu().numpy()  # each x, y and visibility
            heights = points[..., 2] if point_scores is None else point_scores.float().cpu().numpy()
        return self._detections(
            found["scores"].float().cpu().numpy(),
            found["labels"].cpu().numpy(),
            found["boxes"].float().cpu().numpy(),
            # One by one: those that are not returned are not turned into anything.
            lambda one: None if masks is None else (masks[one, 0] > MASK_THRESHOLD).cpu(),
            lambda one: () if points is None else self._keypoints(points[one], heights[one]),
        )

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[DetectionResult]:
        [item], [sample] = items, samples  # exported files take one at a time
        count = int(found["count"][0])
        masks, points = found.get("masks"), found.get("keypoints")
        heights = found.get("keypoint_scores")

        def keypoints(one: int) -> tuple[Keypoint, ...]:
            if points is None or heights is None:
                return ()
            return self._keypoints(points[0, one], heights[0, one])

        detections = self._detections(
            found["scores"][0, :count],
            found["labels"][0, :count],
            found["boxes"][0, :count],
            lambda one: None if masks is None else masks[0, one],
            keypoints,
        )
        return [DetectionResult(item, sample.size, detections)]

    def _detections(
        self,
        scores: Array,
        labels: Array,
        boxes: Array,
        mask: Callable[[int], Any],
        keypoints: Callable[[int], tuple[Keypoint, ...]],
    ) -> tuple[Detection, ...]:
        order = (-scores).argsort(kind="stable")
        return tuple(
            Detection(
                label=self.label(category := int(labels[index])),
                category_id=category,
                score=float(scores[index]),
                box=tuple(boxes[index].tolist()),
                mask=mask(index),
                keypoints=keypoints(index),
            )
            for index in order[scores[order] >= self.options.score].tolist()
        )

    def _keypoints(self, points: Array, scores: Array) -> tuple[Keypoint, ...]:
        """Makes keypoints from points (K, 2 or more), each x and y first, and scores (K,)."""
        names = self.keypoint_names
        return tuple(
            Keypoint(names[k] if k < len(names) else f"point {k}", x, y, score)
            for k, ((x, y), score) in enumerate(
                zip(points[:, :2].tolist(), scores.tolist(), strict=True)
            )
        )
