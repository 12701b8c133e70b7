# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from hub_video import MC3_18_Weights as MC3_18_Weights
from torchvision.models.video.mvit import MViT as MViT
from hub_video import MViT_V1_B_Weights as MViT_V1_B_Weights
from hub_video import MViT_V2_S_Weights as MViT_V2_S_Weights
from hub_video import R2Plus1D_18_Weights as R2Plus1D_18_Weights
from hub_video import R3D_18_Weights as R3D_18_Weights
from torchvision.models.video.s3d import S3D as S3D
from hub_video import S3D_Weights as S3D_Weights
from hub_video import Swin3D_B_Weights as Swin3D_B_Weights
from hub_video import Swin3D_S_Weights as Swin3D_S_Weights
from hub_video import Swin3D_T_Weights as Swin3D_T_Weights
from torchvision.models.video.swin_transformer import SwinTransformer3d as SwinTransformer3d
from torchvision.models.video.resnet import VideoResNet as VideoResNet
from hub_video import mc3_18 as mc3_18
from . import mvit as mvit
from hub_video import mvit_v1_b as mvit_v1_b
from hub_video import mvit_v2_s as mvit_v2_s
from hub_video import r2plus1d_18 as r2plus1d_18
from hub_video import r3d_18 as r3d_18
from . import resnet as resnet
from hub_video import s3d as s3d
from hub_video import swin3d_b as swin3d_b
from hub_video import swin3d_s as swin3d_s
from hub_video import swin3d_t as swin3d_t
from . import swin_transformer as swin_transformer
