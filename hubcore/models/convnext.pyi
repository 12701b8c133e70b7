# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.convnext import CNBlock as CNBlock
from torchvision.models.convnext import CNBlockConfig as CNBlockConfig
from torchvision.models.convnext import ConvNeXt as ConvNeXt
from hub_classification import ConvNeXt_Base_Weights as ConvNeXt_Base_Weights
from hub_classification import ConvNeXt_Large_Weights as ConvNeXt_Large_Weights
from hub_classification import ConvNeXt_Small_Weights as ConvNeXt_Small_Weights
from hub_classification import ConvNeXt_Tiny_Weights as ConvNeXt_Tiny_Weights
from torchvision.models.convnext import LayerNorm2d as LayerNorm2d
from hub_classification import convnext_base as convnext_base
from hub_classification import convnext_large as convnext_large
from hub_classification import convnext_small as convnext_small
from hub_classification import convnext_tiny as convnext_tiny
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
