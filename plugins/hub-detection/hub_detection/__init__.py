"""Object detection, instance segmentation and keypoints: torchvision's detectors, and DETR."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
