"""Faster R-CNN with fixed numbers of proposals and detections.

Source: Ren et al., "Faster R-CNN", 2015 (https://arxiv.org/abs/1506.01497), with the details of
torchvision's implementation, whose layers these are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, concat_box_prediction_layers
from torchvision.ops import roi_align

from .resizing import ResizedImage, scaled_back
from .suppression import best, clipped, large_enough

__all__ = ["ExportableFasterRCNN"]

PROBE = 256  # pixels; a multiple of every stride


class ExportableFasterRCNN(nn.Module):
    """See `detection_module`.

    Args:
        model: torchvision's detector, in evaluation mode.
    """

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__()
        self.resize = ResizedImage(model.transform)
        self.backbone = model.backbone
        self.proposals = _Proposals(model.rpn)
        self.heads = model.roi_heads
        probe = next(model.parameters()).new_zeros(1, 3, PROBE, PROBE)
        with torch.no_grad():
            features = model.backbone(probe)
        self.levels = [name for name in features if name in self.heads.box_roi_pool.featmap_names]
        self.scales = [features[name].shape[-1] / PROBE for name in self.levels]

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        batch, size = self.resize(image)
        features = self.backbone(batch)
        proposals, proposed = self.proposals(batch, list(features.values()), size)
        pooled = self._pool([features[name] for name in self.levels], proposals)
        logits, deltas = self.heads.box_predictor(self.heads.box_head(pooled))

        classes = logits.shape[-1]
        boxes = self.heads.box_coder.decode(deltas, [proposals]).reshape(-1, classes, 4)
        boxes = clipped(boxes[:, 1:].reshape(-1, 4), *size)
        scores = logits.softmax(-1)[:, 1:].reshape(-1)
        labels = torch.arange(1, classes, device=scores.device).repeat(len(proposals))
        valid = (
            proposed.repeat_interleave(classes - 1)
            & (scores > self.heads.score_thresh)
            & large_enough(boxes, 1e-2)
        )
        chosen, used = best(
            boxes,
            scores,
            labels,
            valid,
            threshold=self.heads.nms_thresh,
            count=self.heads.detections_per_img,
        )
        return {
            "boxes": (scaled_back(boxes[chosen], image, size) * used[:, None])[None],
            "scores": (scores[chosen] * used)[None],
            "labels": (labels[chosen] * used)[None],
            "count": used.sum()[None],
        }

    def _pool(self, features: list[Tensor], boxes: Tensor) -> Tensor:
        """Features of boxes (K, 4), each from its own level, as in `MultiScaleRoIAlign`."""
        pool = self.heads.box_roi_pool
        rows = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], dim=1)

        def align(feature: Tensor, scale: float, rows: Tensor) -> Tensor:
            return roi_align(feature, rows, pool.output_size, scale, pool.sampling_ratio)

        if len(features) == 1:
            return align(features[0], self.scales[0], rows)
        strides = [-torch.tensor(scale).log2().item() for scale in self.scales]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        level = pool.canonical_level + torch.log2(area.sqrt() / pool.canonical_scale) + 1e-6
        level = level.floor().clamp(min=strides[0], max=strides[-1]) - strides[0]
        pooled = features[0].new_zeros(len(boxes), features[0].shape[1], *pool.output_size)
        for number, (feature, scale) in enumerate(zip(features, self.scales, strict=True)):
            here = torch.where(level == number)[0]
            pooled = pooled.index_copy(0, here, align(feature, scale, rows[here]))
        return pooled


class _Proposals(nn.Module):
    """The region proposal network, with as many proposals for every image."""

    def __init__(self, rpn: RegionProposalNetwork) -> None:
        super().__init__()
        self.head, self.anchors, self.coder = rpn.head, rpn.anchor_generator, rpn.box_coder
        self.before, self.after = rpn.pre_nms_top_n(), rpn.post_nms_top_n()
        self.iou, self.smallest, self.least = rpn.nms_thresh, rpn.min_size, rpn.score_thresh

    def forward(
        self, batch: Tensor, features: list[Tensor], size: tuple[Any, Any]
    ) -> tuple[Tensor, Tensor]:
        """Boxes (K, 4) in the resized image, and which of them are proposals, bool (K,)."""
        objectness, deltas = self.head(features)
        counts = [level.shape[1] * level.shape[2] * level.shape[3] for level in objectness]
        anchors = self.anchors(ImageList(batch, [size]), features)
        objectness, deltas = concat_box_prediction_layers(objectness, deltas)
        boxes = self.coder.decode(deltas, anchors).reshape(-1, 4)
        found = [
            self._strongest(*level)
            for level in zip(objectness.flatten().split(counts), boxes.split(counts), strict=True)
        ]
        scores = torch.cat([scores for scores, _ in found]).sigmoid()
        boxes = clipped(torch.cat([boxes for _, boxes in found]), *size)
        levels = torch.arange(len(found), device=boxes.device).repeat_interleave(self.before)
        # Rows that fill up a level have score 0 and no extent.
        valid = large_enough(boxes, self.smallest) & (scores >= self.least)
        chosen, used = best(boxes, scores, levels, valid, threshold=self.iou, count=self.after)
        return boxes[chosen] * used[:, None], used

    def _strongest(self, scores: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """The best of a level, filled up where it has fewer."""
        scores = torch.cat([scores, scores.new_full((self.before,), -torch.inf)])
        boxes = torch.cat([boxes, boxes.new_zeros(self.before, 4)])
        scores, order = scores.topk(self.before)
        return scores, boxes[order]
