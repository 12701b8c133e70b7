# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.squeezenet import Fire as Fire
from torchvision.models.squeezenet import SqueezeNet as SqueezeNet
from hub_classification import SqueezeNet1_0_Weights as SqueezeNet1_0_Weights
from hub_classification import SqueezeNet1_1_Weights as SqueezeNet1_1_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_classification import squeezenet1_0 as squeezenet1_0
from hub_classification import squeezenet1_1 as squeezenet1_1
