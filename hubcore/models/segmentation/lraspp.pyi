# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models._utils import IntermediateLayerGetter as IntermediateLayerGetter
from torchvision.models.segmentation.lraspp import LRASPP as LRASPP
from torchvision.models.segmentation.lraspp import LRASPPHead as LRASPPHead
from hub_segmentation import LRASPP_MobileNet_V3_Large_Weights as LRASPP_MobileNet_V3_Large_Weights
from torchvision.models.mobilenetv3 import MobileNetV3 as MobileNetV3
from hub_classification import MobileNet_V3_Large_Weights as MobileNet_V3_Large_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_segmentation import lraspp_mobilenet_v3_large as lraspp_mobilenet_v3_large
from hub_classification import mobilenet_v3_large as mobilenet_v3_large
from torchvision.models._api import register_model as register_model
