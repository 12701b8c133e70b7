# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.segmentation.fcn import FCN as FCN
from torchvision.models.segmentation.fcn import FCNHead as FCNHead
from hub_segmentation import FCN_ResNet101_Weights as FCN_ResNet101_Weights
from hub_segmentation import FCN_ResNet50_Weights as FCN_ResNet50_Weights
from torchvision.models._utils import IntermediateLayerGetter as IntermediateLayerGetter
from torchvision.models.resnet import ResNet as ResNet
from hub_classification import ResNet101_Weights as ResNet101_Weights
from hub_classification import ResNet50_Weights as ResNet50_Weights
from hub_segmentation import fcn_resnet101 as fcn_resnet101
from hub_segmentation import fcn_resnet50 as fcn_resnet50
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_classification import resnet101 as resnet101
from hub_classification import resnet50 as resnet50
