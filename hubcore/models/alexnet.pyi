# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.alexnet import AlexNet as AlexNet
from hub_classification import AlexNet_Weights as AlexNet_Weights
from hub_classification import alexnet as alexnet
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
