# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import AnchorGenerator as AnchorGenerator
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator as DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList as ImageList
