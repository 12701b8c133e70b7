# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.shufflenetv2 import InvertedResidual as InvertedResidual
from torchvision.models.shufflenetv2 import ShuffleNetV2 as ShuffleNetV2
from hub_classification import ShuffleNet_V2_X0_5_Weights as ShuffleNet_V2_X0_5_Weights
from hub_classification import ShuffleNet_V2_X1_0_Weights as ShuffleNet_V2_X1_0_Weights
from hub_classification import ShuffleNet_V2_X1_5_Weights as ShuffleNet_V2_X1_5_Weights
from hub_classification import ShuffleNet_V2_X2_0_Weights as ShuffleNet_V2_X2_0_Weights
from torchvision.models.shufflenetv2 import channel_shuffle as channel_shuffle
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_classification import shufflenet_v2_x0_5 as shufflenet_v2_x0_5
from hub_classification import shufflenet_v2_x1_0 as shufflenet_v2_x1_0
from hub_classification import shufflenet_v2_x1_5 as shufflenet_v2_x1_5
from hub_classification import shufflenet_v2_x2_0 as shufflenet_v2_x2_0
