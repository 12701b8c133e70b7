# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.densenet import DenseNet as DenseNet
from hub_classification import DenseNet121_Weights as DenseNet121_Weights
from hub_classification import DenseNet161_Weights as DenseNet161_Weights
from hub_classification import DenseNet169_Weights as DenseNet169_Weights
from hub_classification import DenseNet201_Weights as DenseNet201_Weights
from hub_classification import densenet121 as densenet121
from hub_classification import densenet161 as densenet161
from hub_classification import densenet169 as densenet169
from hub_classification import densenet201 as densenet201
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
