# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.segmentation.deeplabv3 import DeepLabV3 as DeepLabV3
from hub_segmentation import DeepLabV3_MobileNet_V3_Large_Weights as DeepLabV3_MobileNet_V3_Large_Weights
from hub_segmentation import DeepLabV3_ResNet101_Weights as DeepLabV3_ResNet101_Weights
from hub_segmentation import DeepLabV3_ResNet50_Weights as DeepLabV3_ResNet50_Weights
from torchvision.models.segmentation.fcn import FCN as FCN
from hub_segmentation import FCN_ResNet101_Weights as FCN_ResNet101_Weights
from hub_segmentation import FCN_ResNet50_Weights as FCN_ResNet50_Weights
from torchvision.models.segmentation.lraspp import LRASPP as LRASPP
from hub_segmentation import LRASPP_MobileNet_V3_Large_Weights as LRASPP_MobileNet_V3_Large_Weights
from . import deeplabv3 as deeplabv3
from hub_segmentation import deeplabv3_mobilenet_v3_large as deeplabv3_mobilenet_v3_large
from hub_segmentation import deeplabv3_resnet101 as deeplabv3_resnet101
from hub_segmentation import deeplabv3_resnet50 as deeplabv3_resnet50
from . import fcn as fcn
from hub_segmentation import fcn_resnet101 as fcn_resnet101
from hub_segmentation import fcn_resnet50 as fcn_resnet50
from . import lraspp as lraspp
from hub_segmentation import lraspp_mobilenet_v3_large as lraspp_mobilenet_v3_large
