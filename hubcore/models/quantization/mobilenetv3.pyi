# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.mobilenetv3 import InvertedResidual as InvertedResidual
from torchvision.models.mobilenetv3 import InvertedResidualConfig as InvertedResidualConfig
from torchvision.models.mobilenetv3 import MobileNetV3 as MobileNetV3
from hub_quantization import MobileNet_V3_Large_QuantizedWeights as MobileNet_V3_Large_QuantizedWeights
from hub_classification import MobileNet_V3_Large_Weights as MobileNet_V3_Large_Weights
from torchvision.models.quantization.mobilenetv3 import QuantizableInvertedResidual as QuantizableInvertedResidual
from torchvision.models.quantization.mobilenetv3 import QuantizableMobileNetV3 as QuantizableMobileNetV3
from torchvision.models.quantization.mobilenetv3 import QuantizableSqueezeExcitation as QuantizableSqueezeExcitation
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_quantization import mobilenet_v3_large as mobilenet_v3_large
from torchvision.models._api import register_model as register_model
