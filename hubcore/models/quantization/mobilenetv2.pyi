# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.mobilenetv2 import InvertedResidual as InvertedResidual
from torchvision.models.mobilenetv2 import MobileNetV2 as MobileNetV2
from hub_quantization import MobileNet_V2_QuantizedWeights as MobileNet_V2_QuantizedWeights
from hub_classification import MobileNet_V2_Weights as MobileNet_V2_Weights
from torchvision.models.quantization.mobilenetv2 import QuantizableInvertedResidual as QuantizableInvertedResidual
from torchvision.models.quantization.mobilenetv2 import QuantizableMobileNetV2 as QuantizableMobileNetV2
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_quantization import mobilenet_v2 as mobilenet_v2
from torchvision.models.quantization.utils import quantize_model as quantize_model
from torchvision.models._api import register_model as register_model
