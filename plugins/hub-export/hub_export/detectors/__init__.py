"""Detectors as modules that `torch.export` takes: the model's own layers and weights, new heads.

torchvision's heads drop boxes as they go, so that sizes depend on values and cannot be traced.
Here the numbers of proposals and of detections are constants, and a mask says which are meant.

`hub_export.export` does not use them yet: only Faster R-CNN is done, and where many scores are
equal, as on an image of one colour, ONNX Runtime finds other boxes than torchvision.
"""

from __future__ import annotations

from torch import nn
from torchvision.models.detection import FasterRCNN

from .faster_rcnn import ExportableFasterRCNN

__all__ = ["detection_module"]


def detection_module(model: nn.Module) -> nn.Module:
    """A module to export in place of a detector.

    Args:
        model: a detector in evaluation mode. It is not changed; its layers are shared.

    Returns:
        A module that takes an image, uint8 (H, W, 3), and returns a dict: ``boxes`` float32
        (1, K, 4), (x1, y1, x2, y2) in pixels of the image; ``scores`` float32 (1, K), descending;
        ``labels`` int64 (1, K); ``count`` int64 (1,), how many of the K are detections. What
        follows them is 0.

    Raises:
        TypeError: there is no such module for this kind of model.
    """
    if type(model) is FasterRCNN:
        return ExportableFasterRCNN(model).eval()
    raise TypeError(f"Detectors of type {type(model).__name__} cannot be exported yet.")
