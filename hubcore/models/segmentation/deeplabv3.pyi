# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.segmentation.deeplabv3 import ASPP as ASPP
from torchvision.models.segmentation.deeplabv3 import ASPPConv as ASPPConv
from torchvision.models.segmentation.deeplabv3 import ASPPPooling as ASPPPooling
from torchvision.models.segmentation.deeplabv3 import DeepLabHead as DeepLabHead
from torchvision.models.segmentation.deeplabv3 import DeepLabV3 as DeepLabV3
from hub_segmentation import DeepLabV3_MobileNet_V3_Large_Weights as DeepLabV3_MobileNet_V3_Large_Weights
from hub_segmentation import DeepLabV3_ResNet101_Weights as DeepLabV3_ResNet101_Weights
from hub_segmentation import DeepLabV3_ResNet50_Weights as DeepLabV3_ResNet50_Weights
from torchvision.models.segmentation.fcn import FCNHead as FCNHead
from torchvision.models._utils import IntermediateLayerGetter as IntermediateLayerGetter
from torchvision.models.mobilenetv3 import MobileNetV3 as MobileNetV3
from hub_classification import MobileNet_V3_Large_Weights as MobileNet_V3_Large_Weights
from torchvision.models.resnet import ResNet as ResNet
from hub_classification import ResNet101_Weights as ResNet101_Weights
from hub_classification import ResNet50_Weights as ResNet50_Weights
from hub_segmentation import deeplabv3_mobilenet_v3_large as deeplabv3_mobilenet_v3_large
from hub_segmentation import deeplabv3_resnet101 as deeplabv3_resnet101
from hub_segmentation import deeplabv3_resnet50 as deeplabv3_resnet50
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_classification import mobilenet_v3_large as mobilenet_v3_large
from torchvision.models._api import register_model as register_model
from hub_classification import resnet101 as resnet101
from hub_classification import resnet50 as resnet50
