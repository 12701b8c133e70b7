"""RetinaNet, FCOS and SSD with a fixed number of detections.

Sources: Lin et al., "Focal Loss for Dense Object Detection", 2017
(https://arxiv.org/abs/1708.02002); Tian et al., "FCOS", 2019 (https://arxiv.org/abs/1904.01355);
Liu et al., "SSD", 2015 (https://arxiv.org/abs/1512.02325); with the details of torchvision's
implementations, whose layers these are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from .resizing import ResizedImage, scaled_back
from .suppression import best, clipped, strongest

__all__ = ["ExportableFCOS", "ExportableRetinaNet", "ExportableSSD"]


class _OneStage(nn.Module):
    """See `detection_module`. A kind of detector says which boxes are candidates.

    Args:
        model: torchvision's detector, in evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.resize = ResizedImage(model.transform)
        self.backbone, self.head, self.anchors = model.backbone, model.head, model.anchor_generator
        self.coder = model.box_coder
        self.least, self.candidates = model.score_thresh, model.topk_candidates
        self.iou, self.count = model.nms_thresh, model.detections_per_img

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        batch, size = self.resize(image)
        features = self.backbone(batch)
        levels = [features] if isinstance(features, Tensor) else list(features.values())
        [anchors] = self.anchors(ImageList(batch, [size]), levels)
        boxes, scores, labels = self._candidates(self.head(levels), anchors, levels, size)
        chosen, used = best(
            boxes, scores, labels, scores > self.least, threshold=self.iou, count=self.count
        )
        return {
            "boxes": (scaled_back(boxes[chosen], image, size) * used[:, None])[None],
            "scores": (scores[chosen] * used)[None],
            "labels": (labels[chosen] * used)[None],
            "count": used.sum()[None],
        }

    def _candidates(
        self,
        outputs: Mapping[str, Tensor],
        anchors: Tensor,
        levels: Sequence[Tensor],
        size: tuple[Any, Any],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, 4) in the resized image, their scores (N,) and labels int64 (N,)."""
        raise NotImplementedError


class ExportableRetinaNet(_OneStage):
    """`detection_module` for RetinaNet."""

    def _candidates(
        self,
        outputs: Mapping[str, Tensor],
        anchors: Tensor,
        levels: Sequence[Tensor],
        size: tuple[Any, Any],
    ) -> tuple[Tensor, Tensor, Tensor]:
        boxes = self._decoded(outputs["bbox_regression"][0], anchors)
        scores = self._scores(outputs)
        classes = scores.shape[-1]
        # An anchor is as likely of each class: the best pairs of each level are candidates.
        places = [level.shape[2] * level.shape[3] for level in levels]
        each = self.anchors.num_anchors_per_location()
        counts = [place * number for place, number in zip(places, each, strict=True)]
        found = []
        split = zip(torch.split(boxes, counts), torch.split(scores, counts), strict=True)
        for own_boxes, own_scores in split:
            best_scores, order = strongest(own_scores.flatten(), self.candidates)
            # What fills up has no row of its own.
            row = torch.where(best_scores > 0, order // classes, 0)
            found.append((own_boxes[row], best_scores, order % classes))
        boxes, scores, labels = (torch.cat(parts) for parts in zip(*found, strict=True))
        return clipped(boxes, *size), scores, labels

    def _decoded(self, deltas: Tensor, anchors: Tensor) -> Tensor:
        boxes: Tensor = self.coder.decode_single(deltas, anchors)
        return boxes

    def _scores(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """(anchors, classes)."""
        return outputs["cls_logits"][0].sigmoid()


class ExportableFCOS(ExportableRetinaNet):
    """`detection_module` for FCOS: a score is also of how central a place is in its box."""

    def _decoded(self, deltas: Tensor, anchors: Tensor) -> Tensor:
        boxes: Tensor = self.coder.decode(deltas, anchors)
        return boxes

    def _scores(self, outputs: Mapping[str, Tensor]) -> Tensor:
        central = outputs["bbox_ctrness"][0].sigmoid()
        return (outputs["cls_logits"][0].sigmoid() * central).sqrt()


class ExportableSSD(_OneStage):
    """`detection_module` for SSD and SSDlite: the best anchors of each class are candidates."""

    def _candidates(
        self,
        outputs: Mapping[str, Tensor],
        anchors: Tensor,
        levels: Sequence[Tensor],
        size: tuple[Any, Any],
    ) -> tuple[Tensor, Tensor, Tensor]:
        boxes = clipped(self.coder.decode_single(outputs["bbox_regression"][0], anchors), *size)
        scores = outputs["cls_logits"][0].softmax(-1)[:, 1:].T
        classes, number = scores.shape
        scores, order = scores.topk(min(self.candidates, number), dim=1)
        labels = torch.arange(1, classes + 1, device=boxes.device)[:, None].expand_as(order)
        return boxes[order.flatten()], scores.flatten(), labels.flatten()
