# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.vision_transformer import ConvStemConfig as ConvStemConfig
from torchvision.models.vision_transformer import Encoder as Encoder
from torchvision.models.vision_transformer import EncoderBlock as EncoderBlock
from torchvision.models.vision_transformer import MLPBlock as MLPBlock
from hub_classification import ViT_B_16_Weights as ViT_B_16_Weights
from hub_classification import ViT_B_32_Weights as ViT_B_32_Weights
from hub_classification import ViT_H_14_Weights as ViT_H_14_Weights
from hub_classification import ViT_L_16_Weights as ViT_L_16_Weights
from hub_classification import ViT_L_32_Weights as ViT_L_32_Weights
from torchvision.models.vision_transformer import VisionTransformer as VisionTransformer
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.vision_transformer import interpolate_embeddings as interpolate_embeddings
from torchvision.models._api import register_model as register_model
from hub_classification import vit_b_16 as vit_b_16
from hub_classification import vit_b_32 as vit_b_32
from hub_classification import vit_h_14 as vit_h_14
from hub_classification import vit_l_16 as vit_l_16
from hub_classification import vit_l_32 as vit_l_32
