# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.resnet import BasicBlock as BasicBlock
from torchvision.models.resnet import Bottleneck as Bottleneck
from hub_classification import ResNeXt101_32X8D_Weights as ResNeXt101_32X8D_Weights
from hub_classification import ResNeXt101_64X4D_Weights as ResNeXt101_64X4D_Weights
from hub_classification import ResNeXt50_32X4D_Weights as ResNeXt50_32X4D_Weights
from torchvision.models.resnet import ResNet as ResNet
from hub_classification import ResNet101_Weights as ResNet101_Weights
from hub_classification import ResNet152_Weights as ResNet152_Weights
from hub_classification import ResNet18_Weights as ResNet18_Weights
from hub_classification import ResNet34_Weights as ResNet34_Weights
from hub_classification import ResNet50_Weights as ResNet50_Weights
from hub_classification import Wide_ResNet101_2_Weights as Wide_ResNet101_2_Weights
from hub_classification import Wide_ResNet50_2_Weights as Wide_ResNet50_2_Weights
from torchvision.models.resnet import conv1x1 as conv1x1
from torchvision.models.resnet import conv3x3 as conv3x3
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_classification import resnet101 as resnet101
from hub_classification import resnet152 as resnet152
from hub_classification import resnet18 as resnet18
from hub_classification import resnet34 as resnet34
from hub_classification import resnet50 as resnet50
from hub_classification import resnext101_32x8d as resnext101_32x8d
from hub_classification import resnext101_64x4d as resnext101_64x4d
from hub_classification import resnext50_32x4d as resnext50_32x4d
from hub_classification import wide_resnet101_2 as wide_resnet101_2
from hub_classification import wide_resnet50_2 as wide_resnet50_2
