# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.mnasnet import MNASNet as MNASNet
from hub_classification import MNASNet0_5_Weights as MNASNet0_5_Weights
from hub_classification import MNASNet0_75_Weights as MNASNet0_75_Weights
from hub_classification import MNASNet1_0_Weights as MNASNet1_0_Weights
from hub_classification import MNASNet1_3_Weights as MNASNet1_3_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_classification import mnasnet0_5 as mnasnet0_5
from hub_classification import mnasnet0_75 as mnasnet0_75
from hub_classification import mnasnet1_0 as mnasnet1_0
from hub_classification import mnasnet1_3 as mnasnet1_3
from torchvision.models._api import register_model as register_model
