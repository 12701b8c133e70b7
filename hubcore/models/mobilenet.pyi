# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.mobilenetv2 import MobileNetV2 as MobileNetV2
from torchvision.models.mobilenetv3 import MobileNetV3 as MobileNetV3
from hub_classification import MobileNet_V2_Weights as MobileNet_V2_Weights
from hub_classification import MobileNet_V3_Large_Weights as MobileNet_V3_Large_Weights
from hub_classification import MobileNet_V3_Small_Weights as MobileNet_V3_Small_Weights
from hub_classification import mobilenet_v2 as mobilenet_v2
from hub_classification import mobilenet_v3_large as mobilenet_v3_large
from hub_classification import mobilenet_v3_small as mobilenet_v3_small
