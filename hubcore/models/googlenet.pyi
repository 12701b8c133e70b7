# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.googlenet import BasicConv2d as BasicConv2d
from torchvision.models.googlenet import GoogLeNet as GoogLeNet
from torchvision.models.googlenet import GoogLeNetOutputs as GoogLeNetOutputs
from hub_classification import GoogLeNet_Weights as GoogLeNet_Weights
from torchvision.models.googlenet import Inception as Inception
from torchvision.models.googlenet import InceptionAux as InceptionAux
from hub_classification import googlenet as googlenet
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
