"""Semantic segmentation: FCN, DeepLabV3 and LR-ASPP."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
