# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.resnet import BasicBlock as BasicBlock
from torchvision.models.resnet import Bottleneck as Bottleneck
from torchvision.models.quantization.resnet import QuantizableBasicBlock as QuantizableBasicBlock
from torchvision.models.quantization.resnet import QuantizableBottleneck as QuantizableBottleneck
from torchvision.models.quantization.resnet import QuantizableResNet as QuantizableResNet
from hub_quantization import ResNeXt101_32X8D_QuantizedWeights as ResNeXt101_32X8D_QuantizedWeights
from hub_classification import ResNeXt101_32X8D_Weights as ResNeXt101_32X8D_Weights
from hub_quantization import ResNeXt101_64X4D_QuantizedWeights as ResNeXt101_64X4D_QuantizedWeights
from hub_classification import ResNeXt101_64X4D_Weights as ResNeXt101_64X4D_Weights
from torchvision.models.resnet import ResNet as ResNet
from hub_quantization import ResNet18_QuantizedWeights as ResNet18_QuantizedWeights
from hub_classification import ResNet18_Weights as ResNet18_Weights
from hub_quantization import ResNet50_QuantizedWeights as ResNet50_QuantizedWeights
from hub_classification import ResNet50_Weights as ResNet50_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.quantization.utils import quantize_model as quantize_model
from torchvision.models._api import register_model as register_model
from hub_quantization import resnet18 as resnet18
from hub_quantization import resnet50 as resnet50
from hub_quantization import resnext101_32x8d as resnext101_32x8d
from hub_quantization import resnext101_64x4d as resnext101_64x4d
