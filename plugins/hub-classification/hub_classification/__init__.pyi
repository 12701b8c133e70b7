# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from typing import Any

from torchvision.models.alexnet import AlexNet
from torchvision.models.convnext import ConvNeXt
from torchvision.models.densenet import DenseNet
from torchvision.models.efficientnet import EfficientNet
from torchvision.models.googlenet import GoogLeNet
from torchvision.models.inception import Inception3
from torchvision.models.maxvit import MaxVit
from torchvision.models.mnasnet import MNASNet
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.models.mobilenetv3 import MobileNetV3
from torchvision.models.regnet import RegNet
from torchvision.models.resnet import ResNet
from torchvision.models.shufflenetv2 import ShuffleNetV2
from torchvision.models.squeezenet import SqueezeNet
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vgg import VGG
from torchvision.models.vision_transformer import VisionTransformer

from hubcore import WeightsEnum, WeightsLike

class AlexNet_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ConvNeXt_Base_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ConvNeXt_Large_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ConvNeXt_Small_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ConvNeXt_Tiny_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class DenseNet121_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class DenseNet161_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class DenseNet169_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class DenseNet201_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B0_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B1_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class EfficientNet_B2_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B3_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B4_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B5_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B6_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_B7_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_V2_L_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_V2_M_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class EfficientNet_V2_S_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class GoogLeNet_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Inception_V3_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MaxVit_T_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MNASNet0_5_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MNASNet0_75_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MNASNet1_0_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MNASNet1_3_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class MobileNet_V2_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class MobileNet_V3_Large_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class MobileNet_V3_Small_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class RegNet_X_16GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_1_6GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_32GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_3_2GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_400MF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_800MF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_X_8GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_128GF_Weights(WeightsEnum):
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_SWAG_E2E_V1

class RegNet_Y_16GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_1_6GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_32GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_3_2GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_400MF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_800MF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class RegNet_Y_8GF_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ResNet101_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ResNet152_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ResNet18_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ResNet34_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ResNet50_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ResNeXt101_32X8D_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ResNeXt101_64X4D_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ResNeXt50_32X4D_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class ShuffleNet_V2_X0_5_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ShuffleNet_V2_X1_0_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ShuffleNet_V2_X1_5_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ShuffleNet_V2_X2_0_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class SqueezeNet1_0_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class SqueezeNet1_1_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_B_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_S_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_T_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_V2_B_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_V2_S_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Swin_V2_T_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG11_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG11_BN_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG13_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG13_BN_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG16_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_FEATURES = ...
    DEFAULT = IMAGENET1K_V1

class VGG16_BN_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG19_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class VGG19_BN_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ViT_B_16_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ViT_B_32_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ViT_H_14_Weights(WeightsEnum):
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_SWAG_E2E_V1

class ViT_L_16_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_SWAG_E2E_V1 = ...
    IMAGENET1K_SWAG_LINEAR_V1 = ...
    DEFAULT = IMAGENET1K_V1

class ViT_L_32_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    DEFAULT = IMAGENET1K_V1

class Wide_ResNet101_2_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

class Wide_ResNet50_2_Weights(WeightsEnum):
    IMAGENET1K_V1 = ...
    IMAGENET1K_V2 = ...
    DEFAULT = IMAGENET1K_V2

def alexnet(
    *,
    weights: AlexNet_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> AlexNet:
    """"""

def convnext_base(
    *,
    weights: ConvNeXt_Base_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """"""

def convnext_large(
    *,
    weights: ConvNeXt_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """"""

def convnext_small(
    *,
    weights: ConvNeXt_Small_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """"""

def convnext_tiny(
    *,
    weights: ConvNeXt_Tiny_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """"""

def densenet121(
    *,
    weights: DenseNet121_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """"""

def densenet161(
    *,
    weights: DenseNet161_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """"""

def densenet169(
    *,
    weights: DenseNet169_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """"""

def densenet201(
    *,
    weights: DenseNet201_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """"""

def efficientnet_b0(
    *,
    weights: EfficientNet_B0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b1(
    *,
    weights: EfficientNet_B1_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b2(
    *,
    weights: EfficientNet_B2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b3(
    *,
    weights: EfficientNet_B3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b4(
    *,
    weights: EfficientNet_B4_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b5(
    *,
    weights: EfficientNet_B5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b6(
    *,
    weights: EfficientNet_B6_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_b7(
    *,
    weights: EfficientNet_B7_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_v2_l(
    *,
    weights: EfficientNet_V2_L_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_v2_m(
    *,
    weights: EfficientNet_V2_M_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def efficientnet_v2_s(
    *,
    weights: EfficientNet_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """"""

def googlenet(
    *,
    weights: GoogLeNet_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> GoogLeNet:
    """"""

def inception_v3(
    *,
    weights: Inception_V3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> Inception3:
    """"""

def maxvit_t(
    *,
    weights: MaxVit_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MaxVit:
    """"""

def mnasnet0_5(
    *,
    weights: MNASNet0_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """"""

def mnasnet0_75(
    *,
    weights: MNASNet0_75_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """"""

def mnasnet1_0(
    *,
    weights: MNASNet1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """"""

def mnasnet1_3(
    *,
    weights: MNASNet1_3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """"""

def mobilenet_v2(
    *,
    weights: MobileNet_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV2:
    """"""

def mobilenet_v3_large(
    *,
    weights: MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV3:
    """"""

def mobilenet_v3_small(
    *,
    weights: MobileNet_V3_Small_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV3:
    """"""

def regnet_x_16gf(
    *,
    weights: RegNet_X_16GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_1_6gf(
    *,
    weights: RegNet_X_1_6GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_32gf(
    *,
    weights: RegNet_X_32GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_3_2gf(
    *,
    weights: RegNet_X_3_2GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_400mf(
    *,
    weights: RegNet_X_400MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_800mf(
    *,
    weights: RegNet_X_800MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_x_8gf(
    *,
    weights: RegNet_X_8GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_128gf(
    *,
    weights: RegNet_Y_128GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_16gf(
    *,
    weights: RegNet_Y_16GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_1_6gf(
    *,
    weights: RegNet_Y_1_6GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_32gf(
    *,
    weights: RegNet_Y_32GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_3_2gf(
    *,
    weights: RegNet_Y_3_2GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_400mf(
    *,
    weights: RegNet_Y_400MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_800mf(
    *,
    weights: RegNet_Y_800MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def regnet_y_8gf(
    *,
    weights: RegNet_Y_8GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """"""

def resnet101(
    *,
    weights: ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnet152(
    *,
    weights: ResNet152_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnet18(
    *,
    weights: ResNet18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnet34(
    *,
    weights: ResNet34_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnet50(
    *,
    weights: ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnext101_32x8d(
    *,
    weights: ResNeXt101_32X8D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnext101_64x4d(
    *,
    weights: ResNeXt101_64X4D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def resnext50_32x4d(
    *,
    weights: ResNeXt50_32X4D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def shufflenet_v2_x0_5(
    *,
    weights: ShuffleNet_V2_X0_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """"""

def shufflenet_v2_x1_0(
    *,
    weights: ShuffleNet_V2_X1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """"""

def shufflenet_v2_x1_5(
    *,
    weights: ShuffleNet_V2_X1_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """"""

def shufflenet_v2_x2_0(
    *,
    weights: ShuffleNet_V2_X2_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """"""

def squeezenet1_0(
    *,
    weights: SqueezeNet1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SqueezeNet:
    """"""

def squeezenet1_1(
    *,
    weights: SqueezeNet1_1_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SqueezeNet:
    """"""

def swin_b(
    *,
    weights: Swin_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def swin_s(
    *,
    weights: Swin_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def swin_t(
    *,
    weights: Swin_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def swin_v2_b(
    *,
    weights: Swin_V2_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def swin_v2_s(
    *,
    weights: Swin_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def swin_v2_t(
    *,
    weights: Swin_V2_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """"""

def vgg11(
    *,
    weights: VGG11_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg11_bn(
    *,
    weights: VGG11_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg13(
    *,
    weights: VGG13_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg13_bn(
    *,
    weights: VGG13_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg16(
    *,
    weights: VGG16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg16_bn(
    *,
    weights: VGG16_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg19(
    *,
    weights: VGG19_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vgg19_bn(
    *,
    weights: VGG19_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """"""

def vit_b_16(
    *,
    weights: ViT_B_16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """"""

def vit_b_32(
    *,
    weights: ViT_B_32_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """"""

def vit_h_14(
    *,
    weights: ViT_H_14_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """"""

def vit_l_16(
    *,
    weights: ViT_L_16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """"""

def vit_l_32(
    *,
    weights: ViT_L_32_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """"""

def wide_resnet101_2(
    *,
    weights: Wide_ResNet101_2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""

def wide_resnet50_2(
    *,
    weights: Wide_ResNet50_2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """"""
