"""DETR with its predictions as fixed-size outputs.

Source: Carion et al., "End-to-End Object Detection with Transformers", 2020
(https://arxiv.org/abs/2005.12872), with the details of hub_detection's implementation, whose layers
these are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import box_convert

from .resizing import AntialiasedImage
from .suppression import clipped

__all__ = ["ExportableDETR"]


class ExportableDETR(nn.Module):
    """See `detection_module`.

    Args:
        model: `hub_detection.detr.DETR`, in evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.resize = AntialiasedImage(model.transform)
        self.model = model

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        batch, _ = self.resize(image)
        found = self.model.predict_sets(self.model.backbone(batch), None)[-1]
        # The last class is "no object".
        scores, labels = found.logits[0].softmax(-1)[:, :-1].max(-1)
        scores, order = scores.topk(len(scores))  # ONNX has no stable sort
        height, width = image.shape[0], image.shape[1]
        one = scores.new_ones(())
        scale = torch.stack([one * width, one * height, one * width, one * height])
        boxes = box_convert(found.boxes[0], "cxcywh", "xyxy")[order] * scale
        used = scores >= self.model.score_thresh
        return {
            "boxes": (clipped(boxes, height, width) * used[:, None])[None],
            "scores": (scores * used)[None],
            "labels": (labels[order] * used)[None],
            "count": used.sum()[None],
        }
