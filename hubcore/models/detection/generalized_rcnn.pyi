# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN as GeneralizedRCNN
