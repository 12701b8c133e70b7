# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead as FastRCNNConvFCHead
from torchvision.models.detection.faster_rcnn import FasterRCNN as FasterRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNN as MaskRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads as MaskRCNNHeads
from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor as MaskRCNNPredictor
from hub_detection import MaskRCNN_ResNet50_FPN_V2_Weights as MaskRCNN_ResNet50_FPN_V2_Weights
from hub_detection import MaskRCNN_ResNet50_FPN_Weights as MaskRCNN_ResNet50_FPN_Weights
from torchvision.models.detection.rpn import RPNHead as RPNHead
from hub_classification import ResNet50_Weights as ResNet50_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_detection import maskrcnn_resnet50_fpn as maskrcnn_resnet50_fpn
from hub_detection import maskrcnn_resnet50_fpn_v2 as maskrcnn_resnet50_fpn_v2
from torchvision.models.detection._utils import overwrite_eps as overwrite_eps
from torchvision.models._api import register_model as register_model
from hub_classification import resnet50 as resnet50
