"""Detectors as modules that `torch.export` takes: the model's own layers and weights, new heads.

torchvision's heads drop boxes as they go, so that sizes depend on values and cannot be traced.
Here the numbers of proposals and of detections are constants, and a mask says which are meant.

Where many scores are equal, as on an image of one colour, a runtime may choose other boxes among
the equal ones than torchvision does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from torch import nn
from torchvision.models.detection import (
    FCOS,
    FasterRCNN,
    KeypointRCNN,
    MaskRCNN,
    RetinaNet,
)
from torchvision.models.detection.ssd import SSD

from .detr import ExportableDETR
from .one_stage import ExportableFCOS, ExportableRetinaNet, ExportableSSD
from .two_stage import ExportableRCNN

__all__ = ["detection_module"]

_MODULES: dict[type, Callable[[Any], nn.Module]] = {
    FasterRCNN: ExportableRCNN,
    MaskRCNN: ExportableRCNN,
    KeypointRCNN: ExportableRCNN,
    RetinaNet: ExportableRetinaNet,
    FCOS: ExportableFCOS,
    SSD: ExportableSSD,
}


def detection_module(model: nn.Module) -> nn.Module:
    """A module to export in place of a detector.

    Args:
        model: a detector in evaluation mode. It is not changed; its layers are shared.

    Returns:
        A module that takes an image, uint8 (H, W, 3), and returns a dict: ``boxes`` float32
        (1, K, 4), (x1, y1, x2, y2) in pixels of the image; ``scores`` float32 (1, K), descending;
        ``labels`` int64 (1, K); ``count`` int64 (1,), how many of the K are detections. What
        follows them is 0. Mask R-CNN has ``masks`` too, bool (1, K, H, W); Keypoint R-CNN
        ``keypoints`` float32 (1, K, P, 2), x and y in pixels of the image, and ``keypoint_scores``
        (1, K, P).

    Raises:
        TypeError: there is no such module for this kind of model.
    """
    make = _MODULES.get(type(model))
    # Whoever has a DETR has imported its class.
    ours = sys.modules.get("hub_detection.detr")
    if make is None and ours and type(model) is ours.DETR:
        make = ExportableDETR
    if make is None:
        raise TypeError(f"Detectors of type {type(model).__name__} cannot be exported.")
    return make(model).eval()
