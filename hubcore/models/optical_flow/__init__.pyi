# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.optical_flow.raft import RAFT as RAFT
from hub_optical_flow import Raft_Large_Weights as Raft_Large_Weights
from hub_optical_flow import Raft_Small_Weights as Raft_Small_Weights
from . import raft as raft
from hub_optical_flow import raft_large as raft_large
from hub_optical_flow import raft_small as raft_small
