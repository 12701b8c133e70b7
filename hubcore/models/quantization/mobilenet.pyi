# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from hub_quantization import MobileNet_V2_QuantizedWeights as MobileNet_V2_QuantizedWeights
from hub_quantization import MobileNet_V3_Large_QuantizedWeights as MobileNet_V3_Large_QuantizedWeights
from torchvision.models.quantization.mobilenetv2 import QuantizableMobileNetV2 as QuantizableMobileNetV2
from torchvision.models.quantization.mobilenetv3 import QuantizableMobileNetV3 as QuantizableMobileNetV3
from hub_quantization import mobilenet_v2 as mobilenet_v2
from hub_quantization import mobilenet_v3_large as mobilenet_v3_large
