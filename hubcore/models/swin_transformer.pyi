# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.swin_transformer import PatchMerging as PatchMerging
from torchvision.models.swin_transformer import PatchMergingV2 as PatchMergingV2
from torchvision.models.swin_transformer import ShiftedWindowAttention as ShiftedWindowAttention
from torchvision.models.swin_transformer import ShiftedWindowAttentionV2 as ShiftedWindowAttentionV2
from torchvision.models.swin_transformer import SwinTransformer as SwinTransformer
from torchvision.models.swin_transformer import SwinTransformerBlock as SwinTransformerBlock
from torchvision.models.swin_transformer import SwinTransformerBlockV2 as SwinTransformerBlockV2
from hub_classification import Swin_B_Weights as Swin_B_Weights
from hub_classification import Swin_S_Weights as Swin_S_Weights
from hub_classification import Swin_T_Weights as Swin_T_Weights
from hub_classification import Swin_V2_B_Weights as Swin_V2_B_Weights
from hub_classification import Swin_V2_S_Weights as Swin_V2_S_Weights
from hub_classification import Swin_V2_T_Weights as Swin_V2_T_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from torchvision.models.swin_transformer import shifted_window_attention as shifted_window_attention
from hub_classification import swin_b as swin_b
from hub_classification import swin_s as swin_s
from hub_classification import swin_t as swin_t
from hub_classification import swin_v2_b as swin_v2_b
from hub_classification import swin_v2_s as swin_v2_s
from hub_classification import swin_v2_t as swin_v2_t
