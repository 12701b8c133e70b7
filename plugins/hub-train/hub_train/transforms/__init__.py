"""Transforms that torchvision's transforms v2 lack, usable in their pipelines on their own.

Images and their objects are what transforms v2 take: an image and a dict with ``boxes``
(`torchvision.tv_tensors.BoundingBoxes`), and if there are such, ``masks`` (`Mask`, (N, H, W)) and
``keypoints`` (`KeyPoints`, (N, K, 2)). Every other tensor in the dict whose first dimension is N
holds a value for each object, such as ``labels``, ``area`` or ``iscrowd``, and follows the objects.
"""

from .copy_paste import SimpleCopyPaste
from .fixed_size_crop import FixedSizeCrop

__all__ = ["FixedSizeCrop", "SimpleCopyPaste"]
