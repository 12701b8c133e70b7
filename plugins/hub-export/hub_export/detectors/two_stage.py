"""Faster, Mask and Keypoint R-CNN with fixed numbers of proposals and detections.

Sources: Ren et al., "Faster R-CNN", 2015 (https://arxiv.org/abs/1506.01497); He et al., "Mask
R-CNN", 2017 (https://arxiv.org/abs/1703.06870), with the details of torchvision's implementations,
whose layers these are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import roi_align

from .keypoints import located
from .masks import pasted
from .proposals import Proposals
from .resizing import ResizedImage, back, scaled_back
from .suppression import best, clipped, large_enough

__all__ = ["ExportableRCNN"]

PROBE = 256  # pixels; a multiple of every stride


class ExportableRCNN(nn.Module):
    """See `detection_module`.

    Args:
        model: torchvision's Faster R-CNN, or one of its kinds with masks or keypoints, in
            evaluation mode.
    """

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__()
        self.resize = ResizedImage(model.transform)
        self.backbone = model.backbone
        self.proposals = Proposals(model.rpn)
        self.heads = model.roi_heads
        probe = next(model.parameters()).new_zeros(1, 3, PROBE, PROBE)
        with torch.no_grad():
            features = model.backbone(probe)
        self.scales = {name: level.shape[-1] / PROBE for name, level in features.items()}

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        batch, size = self.resize(image)
        features = self.backbone(batch)
        proposals, proposed = self.proposals(batch, list(features.values()), size)
        pooled = self._pooled(self.heads.box_roi_pool, features, proposals)
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
        boxes, labels = boxes[chosen] * used[:, None], labels[chosen] * used
        enlarged = scaled_back(boxes, image, size)
        found = {
            "boxes": enlarged[None],
            "scores": (scores[chosen] * used)[None],
            "labels": labels[None],
            "count": used.sum()[None],
        }
        if self.heads.has_mask():
            pooled = self._pooled(self.heads.mask_roi_pool, features, boxes)
            maps = self.heads.mask_predictor(self.heads.mask_head(pooled))
            rows = torch.arange(len(labels), device=labels.device)
            maps = maps[rows, labels].sigmoid()
            masks = pasted(maps, enlarged, image.shape[0], image.shape[1])
            found["masks"] = (masks & used[:, None, None])[None]
        if self.heads.has_keypoint():
            pooled = self._pooled(self.heads.keypoint_roi_pool, features, boxes)
            maps = self.heads.keypoint_predictor(self.heads.keypoint_head(pooled))
            places, heights = located(maps, boxes, used.sum(), *size)
            down, right = back(boxes, image, size)
            places = places * torch.stack([right, down])
            found["keypoints"] = (places * used[:, None, None])[None]
            found["keypoint_scores"] = (heights * used[:, None])[None]
        return found

    def _pooled(self, pool: Any, features: dict[str, Tensor], boxes: Tensor) -> Tensor:
        """Features of boxes (K, 4), each from its own level, as in `MultiScaleRoIAlign`."""
        levels = [name for name in features if name in pool.featmap_names]
        scales = [self.scales[name] for name in levels]
        rows = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], dim=1)

        def align(name: str, rows: Tensor) -> Tensor:
            pooled: Tensor = roi_align(
                features[name], rows, pool.output_size, self.scales[name], pool.sampling_ratio
            )
            return pooled

        if len(levels) == 1:
            return align(levels[0], rows)
        strides = [-torch.tensor(scale).log2().item() for scale in scales]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        level = pool.canonical_level + torch.log2(area.sqrt() / pool.canonical_scale) + 1e-6
        level = level.floor().clamp(min=strides[0], max=strides[-1]) - strides[0]
        channels = features[levels[0]].shape[1]
        pooled = boxes.new_zeros(len(boxes), channels, *pool.output_size)
        for number, name in enumerate(levels):
            here = torch.where(level == number)[0]
            pooled = pooled.index_copy(0, here, align(name, rows[here]))
        return pooled
