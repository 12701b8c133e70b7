# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.googlenet import BasicConv2d as BasicConv2d
from torchvision.models.googlenet import GoogLeNet as GoogLeNet
from torchvision.models.googlenet import GoogLeNetOutputs as GoogLeNetOutputs
from hub_quantization import GoogLeNet_QuantizedWeights as GoogLeNet_QuantizedWeights
from hub_classification import GoogLeNet_Weights as GoogLeNet_Weights
from torchvision.models.googlenet import Inception as Inception
from torchvision.models.googlenet import InceptionAux as InceptionAux
from torchvision.models.quantization.googlenet import QuantizableBasicConv2d as QuantizableBasicConv2d
from torchvision.models.quantization.googlenet import QuantizableGoogLeNet as QuantizableGoogLeNet
from torchvision.models.quantization.googlenet import QuantizableInception as QuantizableInception
from torchvision.models.quantization.googlenet import QuantizableInceptionAux as QuantizableInceptionAux
from hub_quantization import googlenet as googlenet
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.quantization.utils import quantize_model as quantize_model
from torchvision.models._api import register_model as register_model
