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
    """3D convolutions in the first stage only, 2D ones above ("mixed convolutions"): a third of
    R3D's parameters and more accurate.

    Paper: https://arxiv.org/abs/1711.11248
    """

def mvit_v1_b(
    *,
    weights: MViT_V1_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MViT:
    """Multiscale Vision Transformer: attention pools its queries and keys, so resolution falls and
    width grows from stage to stage. The base model takes 16 frames of 224 pixels.

    Paper: https://arxiv.org/abs/2104.11227
    """

def mvit_v2_s(
    *,
    weights: MViT_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MViT:
    """MViT with relative positions and residual pooling: smaller than the first version's base
    model and two points better.

    Paper: https://arxiv.org/abs/2112.01526
    """

def r2plus1d_18(
    *,
    weights: R2Plus1D_18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VideoResNet:
    """Each 3D convolution is split into one in space and one in time, with an activation between:
    easier to train at the same size, and four points better than R3D.

    Paper: https://arxiv.org/abs/1711.11248
    """

def r3d_18(
    *,
    weights: R3D_18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VideoResNet:
    """ResNet-18 with every convolution extended over time: the plain 3D network.

    Paper: https://arxiv.org/abs/1711.11248
    """

def s3d(
    *,
    weights: S3D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> S3D:
    """Inception in space and time, separated: 8 million parameters and less than half of the
    operations of the other networks here. At least 14 frames; made for long clips.

    Paper: https://arxiv.org/abs/1712.04851
    """

def swin3d_b(
    *,
    weights: Swin3D_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """The base Video Swin, with 128 channels to begin with and 141 billion multiply-adds a clip.

    Paper: https://arxiv.org/abs/2106.13230
    """

def swin3d_s(
    *,
    weights: Swin3D_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """Video Swin-T with 18 blocks in its third stage instead of 6.

    Paper: https://arxiv.org/abs/2106.13230
    """

def swin3d_t(
    *,
    weights: Swin3D_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer3d:
    """Video Swin: attention within windows that reach over space and time, and shift from layer to
    layer. Tiny.

    Paper: https://arxiv.org/abs/2106.13230
    """
