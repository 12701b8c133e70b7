# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import AnchorGenerator as AnchorGenerator
from torchvision.models.detection.fcos import FCOS as FCOS
from torchvision.models.detection.fcos import FCOSClassificationHead as FCOSClassificationHead
from torchvision.models.detection.fcos import FCOSHead as FCOSHead
from torchvision.models.detection.fcos import FCOSRegressionHead as FCOSRegressionHead
from hub_detection import FCOS_ResNet50_FPN_Weights as FCOS_ResNet50_FPN_Weights
from torchvision.models.detection.transform import GeneralizedRCNNTransform as GeneralizedRCNNTransform
from hub_classification import ResNet50_Weights as ResNet50_Weights
from hub_detection import fcos_resnet50_fpn as fcos_resnet50_fpn
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_classification import resnet50 as resnet50
