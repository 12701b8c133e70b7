# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.video.mvit import MSBlockConfig as MSBlockConfig
from torchvision.models.video.mvit import MViT as MViT
from hub_video import MViT_V1_B_Weights as MViT_V1_B_Weights
from hub_video import MViT_V2_S_Weights as MViT_V2_S_Weights
from torchvision.models.video.mvit import MultiscaleAttention as MultiscaleAttention
from torchvision.models.video.mvit import MultiscaleBlock as MultiscaleBlock
from torchvision.models.video.mvit import Pool as Pool
from torchvision.models.video.mvit import PositionalEncoding as PositionalEncoding
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_video import mvit_v1_b as mvit_v1_b
from hub_video import mvit_v2_s as mvit_v2_s
from torchvision.models._api import register_model as register_model
