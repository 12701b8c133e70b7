# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.video.swin_transformer import PatchEmbed3d as PatchEmbed3d
from torchvision.models.swin_transformer import PatchMerging as PatchMerging
from torchvision.models.video.swin_transformer import ShiftedWindowAttention3d as ShiftedWindowAttention3d
from hub_video import Swin3D_B_Weights as Swin3D_B_Weights
from hub_video import Swin3D_S_Weights as Swin3D_S_Weights
from hub_video import Swin3D_T_Weights as Swin3D_T_Weights
from torchvision.models.video.swin_transformer import SwinTransformer3d as SwinTransformer3d
from torchvision.models.swin_transformer import SwinTransformerBlock as SwinTransformerBlock
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from torchvision.models.video.swin_transformer import shifted_window_attention_3d as shifted_window_attention_3d
from hub_video import swin3d_b as swin3d_b
from hub_video import swin3d_s as swin3d_s
from hub_video import swin3d_t as swin3d_t
