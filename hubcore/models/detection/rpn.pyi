# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import AnchorGenerator as AnchorGenerator
from torchvision.models.detection.image_list import ImageList as ImageList
from torchvision.models.detection.rpn import RPNHead as RPNHead
from torchvision.models.detection.rpn import RegionProposalNetwork as RegionProposalNetwork
from torchvision.models.detection.rpn import concat_box_prediction_layers as concat_box_prediction_layers
from torchvision.models.detection.rpn import permute_and_flatten as permute_and_flatten
