# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from typing import Any

from torchvision.models.video.mvit import MViT
from torchvision.models.video.resnet import VideoResNet
from torchvision.models.video.s3d import S3D
from torchvision.models.video.swin_transformer import SwinTransformer3d

from hubcore import WeightsEnum, WeightsLike

class MC3_18_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class MViT_V1_B_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class MViT_V2_S_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class R2Plus1D_18_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class R3D_18_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class S3D_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class Swin3D_B_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    KINETICS400_IMAGENET22K_V1 = ...
    DEFAULT = KINETICS400_V1

class Swin3D_S_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

class Swin3D_T_Weights(WeightsEnum):
    KINETICS400_V1 = ...
    DEFAULT = KINETICS400_V1

def mc3_18(
    *,
    weights: MC3_18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VideoResNet:
    """"""

def mvit_v1_b(
    *,
    weights: MViT_V1_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MViT:
    """"""

def mvit_v2_s(
    *,
    weights: MViT_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MViT:
    """"""

def r2plus1d_18(
    *,
    weights: R2Plus1D_18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VideoResNet:
    """"""

def r3d_18(
    *,
    weights: R3D_18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VideoResNet:
    """"""

def s3d(
    *,
    weights: S3D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> S3D:
    """"""

def swin3d_b(
    *,
    weights: Swin3D_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """"""

def swin3d_s(
    *,
    weights: Swin3D_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """"""

def swin3d_t(
    *,
    weights: Swin3D_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """"""
