# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.maxvit import MBConv as MBConv
from torchvision.models.maxvit import MaxVit as MaxVit
from torchvision.models.maxvit import MaxVitBlock as MaxVitBlock
from torchvision.models.maxvit import MaxVitLayer as MaxVitLayer
from hub_classification import MaxVit_T_Weights as MaxVit_T_Weights
from torchvision.models.maxvit import PartitionAttentionLayer as PartitionAttentionLayer
from torchvision.models.maxvit import RelativePositionalMultiHeadAttention as RelativePositionalMultiHeadAttention
from torchvision.models.maxvit import SwapAxes as SwapAxes
from torchvision.models.maxvit import WindowDepartition as WindowDepartition
from torchvision.models.maxvit import WindowPartition as WindowPartition
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_classification import maxvit_t as maxvit_t
from torchvision.models._api import register_model as register_model
