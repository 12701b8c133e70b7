# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.optical_flow.raft import BottleneckBlock as BottleneckBlock
from torchvision.models.optical_flow.raft import ConvGRU as ConvGRU
from torchvision.models.optical_flow.raft import CorrBlock as CorrBlock
from torchvision.models.optical_flow.raft import FeatureEncoder as FeatureEncoder
from torchvision.models.optical_flow.raft import FlowHead as FlowHead
from torchvision.models.optical_flow.raft import MaskPredictor as MaskPredictor
from torchvision.models.optical_flow.raft import MotionEncoder as MotionEncoder
from torchvision.models.optical_flow.raft import RAFT as RAFT
from hub_optical_flow import Raft_Large_Weights as Raft_Large_Weights
from hub_optical_flow import Raft_Small_Weights as Raft_Small_Weights
from torchvision.models.optical_flow.raft import RecurrentBlock as RecurrentBlock
from torchvision.models.optical_flow.raft import ResidualBlock as ResidualBlock
from torchvision.models.optical_flow.raft import UpdateBlock as UpdateBlock
from torchvision.models.optical_flow._utils import grid_sample as grid_sample
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.optical_flow._utils import make_coords_grid as make_coords_grid
from hub_optical_flow import raft_large as raft_large
from hub_optical_flow import raft_small as raft_small
from torchvision.models._api import register_model as register_model
from torchvision.models.optical_flow._utils import upsample_flow as upsample_flow
