"""The region proposal network with a fixed number of proposals.

Source: Ren et al., "Faster R-CNN", 2015 (https://arxiv.org/abs/1506.01497), with the details of
torchvision's implementation, whose layers these are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, concat_box_prediction_layers

from .suppression import best, clipped, large_enough, strongest

__all__ = ["Proposals"]


class Proposals(nn.Module):
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
            self._best_of(*level)
            for level in zip(objectness.flatten().split(counts), boxes.split(counts), strict=True)
        ]
        scores = torch.cat([scores for scores, _ in found]).sigmoid()
        boxes = clipped(torch.cat([boxes for _, boxes in found]), *size)
        levels = torch.arange(len(found), device=boxes.device).repeat_interleave(self.before)
        # Rows that fill up a level have score 0 and no extent.
        valid = large_enough(boxes, self.smallest) & (scores >= self.least)
        chosen, used = best(boxes, scores, levels, valid, threshold=self.iou, count=self.after)
        return boxes[chosen] * used[:, None], used

    def _best_of(self, scores: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """The best of a level; filled up, where it has fewer, with boxes without extent."""
        scores, order = strongest(scores, self.before)
        return scores, torch.cat([boxes, boxes.new_zeros(self.before, 4)])[order]
