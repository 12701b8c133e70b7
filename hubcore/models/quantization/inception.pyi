# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.inception import InceptionOutputs as InceptionOutputs
from hub_quantization import Inception_V3_QuantizedWeights as Inception_V3_QuantizedWeights
from hub_classification import Inception_V3_Weights as Inception_V3_Weights
from torchvision.models.quantization.inception import QuantizableBasicConv2d as QuantizableBasicConv2d
from torchvision.models.quantization.inception import QuantizableInception3 as QuantizableInception3
from torchvision.models.quantization.inception import QuantizableInceptionA as QuantizableInceptionA
from torchvision.models.quantization.inception import QuantizableInceptionAux as QuantizableInceptionAux
from torchvision.models.quantization.inception import QuantizableInceptionB as QuantizableInceptionB
from torchvision.models.quantization.inception import QuantizableInceptionC as QuantizableInceptionC
from torchvision.models.quantization.inception import QuantizableInceptionD as QuantizableInceptionD
from torchvision.models.quantization.inception import QuantizableInceptionE as QuantizableInceptionE
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_quantization import inception_v3 as inception_v3
from torchvision.models.quantization.utils import quantize_model as quantize_model
from torchvision.models._api import register_model as register_model
