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
    """The network that began the era of deep vision models: five convolutions and three large
    fully connected layers, here in the variant without cross-channel normalisation and without
    the split over two GPUs.

    Paper: https://arxiv.org/abs/1404.5997
    """

def convnext_base(
    *,
    weights: ConvNeXt_Base_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """ConvNeXt with stages of 128, 256, 512 and 1024 channels, of the size and cost of a Swin-B.

    Paper: https://arxiv.org/abs/2201.03545
    """

def convnext_large(
    *,
    weights: ConvNeXt_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """The widest ConvNeXt here: 192 to 1536 channels and 198 million parameters.

    Paper: https://arxiv.org/abs/2201.03545
    """

def convnext_small(
    *,
    weights: ConvNeXt_Small_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """ConvNeXt-T with a third stage of 27 blocks instead of 9: twice the depth at the same widths.

    Paper: https://arxiv.org/abs/2201.03545
    """

def convnext_tiny(
    *,
    weights: ConvNeXt_Tiny_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ConvNeXt:
    """The smallest ConvNeXt: a ResNet rebuilt step by step with the design choices of vision
    transformers (patchify stem, 7x7 depthwise convolutions, layer normalisation, GELU) and no
    attention.

    Paper: https://arxiv.org/abs/2201.03545
    """

def densenet121(
    *,
    weights: DenseNet121_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """Every layer of a block sees the outputs of all earlier ones, so few channels a layer
    suffice: 121 layers in 8 million parameters. `memory_efficient=True` trades time for memory
    in training.

    Paper: https://arxiv.org/abs/1608.06993
    """

def densenet161(
    *,
    weights: DenseNet161_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """The wide DenseNet: each layer adds 48 channels where the others add 32, from a stem of 96.

    Paper: https://arxiv.org/abs/1608.06993
    """

def densenet169(
    *,
    weights: DenseNet169_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """DenseNet-121 with 32 layers instead of 24 and 16 in its last two blocks.

    Paper: https://arxiv.org/abs/1608.06993
    """

def densenet201(
    *,
    weights: DenseNet201_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> DenseNet:
    """The deepest DenseNet of the family, with 48 layers in its third block.

    Paper: https://arxiv.org/abs/1608.06993
    """

def efficientnet_b0(
    *,
    weights: EfficientNet_B0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """The base of the EfficientNets: inverted bottlenecks with squeeze-and-excitation, found by
    architecture search for accuracy at few operations.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b1(
    *,
    weights: EfficientNet_B1_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 made 1.1 times deeper, for inputs of 240 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b2(
    *,
    weights: EfficientNet_B2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 scaled to 1.1 times the width and 1.2 times the depth.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b3(
    *,
    weights: EfficientNet_B3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 scaled to 1.2 times the width and 1.4 times the depth, for 300 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b4(
    *,
    weights: EfficientNet_B4_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 scaled to 1.4 times the width and 1.8 times the depth, for 380 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b5(
    *,
    weights: EfficientNet_B5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 scaled to 1.6 times the width and 2.2 times the depth, for 456 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b6(
    *,
    weights: EfficientNet_B6_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNet-B0 scaled to 1.8 times the width and 2.6 times the depth, for 528 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_b7(
    *,
    weights: EfficientNet_B7_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """The largest of the first EfficientNets: twice the width and 3.1 times the depth of B0, for
    600 pixels.

    Paper: https://arxiv.org/abs/1905.11946
    """

def efficientnet_v2_l(
    *,
    weights: EfficientNet_V2_L_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """The large EfficientNetV2: 118 million parameters, for 480 pixels.

    Paper: https://arxiv.org/abs/2104.00298
    """

def efficientnet_v2_m(
    *,
    weights: EfficientNet_V2_M_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """The medium EfficientNetV2, with an additional stage, for 480 pixels.

    Paper: https://arxiv.org/abs/2104.00298
    """

def efficientnet_v2_s(
    *,
    weights: EfficientNet_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> EfficientNet:
    """EfficientNetV2 replaces the depthwise convolutions of its early stages by full ones, which
    run faster on real hardware. This is the small one, for 384 pixels.

    Paper: https://arxiv.org/abs/2104.00298
    """

def googlenet(
    *,
    weights: GoogLeNet_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> GoogLeNet:
    """The first Inception network: modules that convolve at several scales at once, and two
    auxiliary classifiers that help training. The builder drops those when it loads weights,
    unless it is told `aux_logits=True`.

    Paper: https://arxiv.org/abs/1409.4842
    """

def inception_v3(
    *,
    weights: Inception_V3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> Inception3:
    """Inception with factorised convolutions, batch normalisation and one auxiliary classifier. It
    expects 299-pixel images, at least 75; in training its output is a pair of logits.

    Paper: https://arxiv.org/abs/1512.00567
    """

def maxvit_t(
    *,
    weights: MaxVit_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MaxVit:
    """Each block combines an inverted bottleneck, attention within windows and attention over a
    sparse grid, so every layer sees near and far. The input size is fixed at 224 pixels.

    Paper: https://arxiv.org/abs/2204.01697
    """

def mnasnet0_5(
    *,
    weights: MNASNet0_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """MNASNet at half width: a mobile network found by a search that measured latency on a phone.

    Paper: https://arxiv.org/abs/1807.11626
    """

def mnasnet0_75(
    *,
    weights: MNASNet0_75_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """MNASNet at three quarters of its width.

    Paper: https://arxiv.org/abs/1807.11626
    """

def mnasnet1_0(
    *,
    weights: MNASNet1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """MNASNet as published: 4.4 million parameters, 0.3 billion multiply-adds.

    Paper: https://arxiv.org/abs/1807.11626
    """

def mnasnet1_3(
    *,
    weights: MNASNet1_3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MNASNet:
    """MNASNet at 1.3 times its width.

    Paper: https://arxiv.org/abs/1807.11626
    """

def mobilenet_v2(
    *,
    weights: MobileNet_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV2:
    """Inverted residuals: blocks that expand to many channels, filter depthwise and project back
    to a thin bottleneck without an activation. A standard network for phones.

    Paper: https://arxiv.org/abs/1801.04381
    """

def mobilenet_v3_large(
    *,
    weights: MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV3:
    """MobileNetV2's successor: searched for phones, with squeeze-and-excitation and the cheap
    h-swish activation.

    Paper: https://arxiv.org/abs/1905.02244
    """

def mobilenet_v3_small(
    *,
    weights: MobileNet_V3_Small_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> MobileNetV3:
    """MobileNetV3 for the weakest processors: 57 million multiply-adds an image.

    Paper: https://arxiv.org/abs/1905.02244
    """

def regnet_x_16gf(
    *,
    weights: RegNet_X_16GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX at 16 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_1_6gf(
    *,
    weights: RegNet_X_1_6GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX at 1.6 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_32gf(
    *,
    weights: RegNet_X_32GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """The largest RegNetX here, at 32 billion multiply-adds and 108 million parameters.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_3_2gf(
    *,
    weights: RegNet_X_3_2GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX at 3.2 billion multiply-adds, somewhat less than ResNet-50.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_400mf(
    *,
    weights: RegNet_X_400MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX: a design space in which widths grow linearly and are rounded to stages, with
    grouped bottlenecks. This member costs 0.4 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_800mf(
    *,
    weights: RegNet_X_800MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX at 0.8 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_x_8gf(
    *,
    weights: RegNet_X_8GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetX at 8 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_128gf(
    *,
    weights: RegNet_Y_128GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """The giant of the family: 645 million parameters. It has SWAG weights only, and there never
    was a `pretrained=True` for it.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_16gf(
    *,
    weights: RegNet_Y_16GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 16 billion multiply-adds, the smallest for which SWAG weights were published.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_1_6gf(
    *,
    weights: RegNet_Y_1_6GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 1.6 billion multiply-adds, deep and narrow: 27 blocks.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_32gf(
    *,
    weights: RegNet_Y_32GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 32 billion multiply-adds and 145 million parameters.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_3_2gf(
    *,
    weights: RegNet_Y_3_2GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 3.2 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_400mf(
    *,
    weights: RegNet_Y_400MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY is RegNetX with squeeze-and-excitation in every block. This member costs 0.4 billion
    multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_800mf(
    *,
    weights: RegNet_Y_800MF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 0.8 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def regnet_y_8gf(
    *,
    weights: RegNet_Y_8GF_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RegNet:
    """RegNetY at 8 billion multiply-adds.

    Paper: https://arxiv.org/abs/2003.13678
    """

def resnet101(
    *,
    weights: ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-50 with 23 blocks in its third stage instead of 6.

    Paper: https://arxiv.org/abs/1512.03385
    """

def resnet152(
    *,
    weights: ResNet152_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """The deepest ResNet here, with 36 blocks in its third stage.

    Paper: https://arxiv.org/abs/1512.03385
    """

def resnet18(
    *,
    weights: ResNet18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """The smallest residual network: 18 layers of 3x3 convolutions with identity shortcuts. Quick
    to train and to run.

    Paper: https://arxiv.org/abs/1512.03385
    """

def resnet34(
    *,
    weights: ResNet34_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-18's blocks, twice as many.

    Paper: https://arxiv.org/abs/1512.03385
    """

def resnet50(
    *,
    weights: ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """The standard backbone: 50 layers in bottleneck blocks. As elsewhere in torchvision the
    stride is in the 3x3 convolution (ResNet v1.5), which is a little more accurate than the
    paper's place for it.

    Paper: https://arxiv.org/abs/1512.03385
    """

def resnext101_32x8d(
    *,
    weights: ResNeXt101_32X8D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-101 with 3x3 convolutions of 32 groups of 8 channels; 89 million parameters.

    Paper: https://arxiv.org/abs/1611.05431
    """

def resnext101_64x4d(
    *,
    weights: ResNeXt101_64X4D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-101 with 3x3 convolutions of 64 groups of 4 channels: more and smaller groups than
    32x8d.

    Paper: https://arxiv.org/abs/1611.05431
    """

def resnext50_32x4d(
    *,
    weights: ResNeXt50_32X4D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-50 with its 3x3 convolutions split into 32 groups of 4 channels: more accurate at the
    same cost.

    Paper: https://arxiv.org/abs/1611.05431
    """

def shufflenet_v2_x0_5(
    *,
    weights: ShuffleNet_V2_X0_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """ShuffleNetV2 splits and shuffles channels, and was designed by measured speed rather than by
    counted operations. At half width it needs 40 million multiply-adds.

    Paper: https://arxiv.org/abs/1807.11164
    """

def shufflenet_v2_x1_0(
    *,
    weights: ShuffleNet_V2_X1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """ShuffleNetV2 at its published base width.

    Paper: https://arxiv.org/abs/1807.11164
    """

def shufflenet_v2_x1_5(
    *,
    weights: ShuffleNet_V2_X1_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """ShuffleNetV2 at 1.5 times its width.

    Paper: https://arxiv.org/abs/1807.11164
    """

def shufflenet_v2_x2_0(
    *,
    weights: ShuffleNet_V2_X2_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ShuffleNetV2:
    """ShuffleNetV2 at twice its width.

    Paper: https://arxiv.org/abs/1807.11164
    """

def squeezenet1_0(
    *,
    weights: SqueezeNet1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SqueezeNet:
    """AlexNet's accuracy in 1.2 million parameters: "fire" modules squeeze with 1x1 convolutions
    before they expand, and there is no fully connected layer.

    Paper: https://arxiv.org/abs/1602.07360
    """

def squeezenet1_1(
    *,
    weights: SqueezeNet1_1_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SqueezeNet:
    """SqueezeNet with a smaller stem and earlier pooling: less than half the operations of 1.0 at
    the same accuracy.

    Paper: https://arxiv.org/abs/1602.07360
    """

def swin_b(
    *,
    weights: Swin_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """Swin-S with 128 instead of 96 channels to begin with.

    Paper: https://arxiv.org/abs/2103.14030
    """

def swin_s(
    *,
    weights: Swin_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """Swin-T with 18 blocks in its third stage instead of 6.

    Paper: https://arxiv.org/abs/2103.14030
    """

def swin_t(
    *,
    weights: Swin_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """Swin Transformer: attention within windows that shift from layer to layer, in four stages of
    falling resolution, so it serves wherever a ResNet does. Tiny is of ResNet-50's cost.

    Paper: https://arxiv.org/abs/2103.14030
    """

def swin_v2_b(
    *,
    weights: Swin_V2_B_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """The widest Swin V2 here, beginning with 128 channels.

    Paper: https://arxiv.org/abs/2111.09883
    """

def swin_v2_s(
    *,
    weights: Swin_V2_S_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """Swin V2 with 18 blocks in its third stage.

    Paper: https://arxiv.org/abs/2111.09883
    """

def swin_v2_t(
    *,
    weights: Swin_V2_T_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> SwinTransformer:
    """Swin Transformer V2 normalises after each sub-layer, compares by cosine and computes
    position biases with a small network: more stable when large, and less tied to one
    resolution. For 256 pixels.

    Paper: https://arxiv.org/abs/2111.09883
    """

def vgg11(
    *,
    weights: VGG11_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """The shallowest VGG: eight 3x3 convolutions and three fully connected layers, which hold
    nearly all of its 133 million parameters.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg11_bn(
    *,
    weights: VGG11_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """VGG-11 with batch normalisation after every convolution.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg13(
    *,
    weights: VGG13_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """VGG with two convolutions in each of its five stages.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg13_bn(
    *,
    weights: VGG13_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """VGG-13 with batch normalisation.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg16(
    *,
    weights: VGG16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """The VGG that the field adopted, with thirteen convolutions; still a common choice for
    perceptual losses and style transfer, and the backbone of SSD300.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg16_bn(
    *,
    weights: VGG16_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """VGG-16 with batch normalisation.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg19(
    *,
    weights: VGG19_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """The deepest VGG, with four convolutions in each of its last three stages.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vgg19_bn(
    *,
    weights: VGG19_BN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VGG:
    """VGG-19 with batch normalisation, the most accurate VGG.

    Paper: https://arxiv.org/abs/1409.1556
    """

def vit_b_16(
    *,
    weights: ViT_B_16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """The base Vision Transformer: an image becomes 196 patches of 16 pixels, which twelve
    transformer layers process as a sequence. Another `image_size` needs interpolated position
    embeddings.

    Paper: https://arxiv.org/abs/2010.11929
    """

def vit_b_32(
    *,
    weights: ViT_B_32_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """The base Vision Transformer on patches of 32 pixels: a quarter of the tokens and of the cost
    of B/16.

    Paper: https://arxiv.org/abs/2010.11929
    """

def vit_h_14(
    *,
    weights: ViT_H_14_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """The huge Vision Transformer: 32 layers of width 1280 on patches of 14 pixels, 632 million
    parameters. It has SWAG weights only, and there never was a `pretrained=True` for it.

    Paper: https://arxiv.org/abs/2010.11929
    """

def vit_l_16(
    *,
    weights: ViT_L_16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """The large Vision Transformer, 24 layers of width 1024, on patches of 16 pixels.

    Paper: https://arxiv.org/abs/2010.11929
    """

def vit_l_32(
    *,
    weights: ViT_L_32_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> VisionTransformer:
    """The large Vision Transformer on patches of 32 pixels.

    Paper: https://arxiv.org/abs/2010.11929
    """

def wide_resnet101_2(
    *,
    weights: Wide_ResNet101_2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-101 with twice the channels in the inner convolutions of its blocks; 127 million
    parameters.

    Paper: https://arxiv.org/abs/1605.07146
    """

def wide_resnet50_2(
    *,
    weights: Wide_ResNet50_2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> ResNet:
    """ResNet-50 with twice the channels in the inner convolutions of its blocks.

    Paper: https://arxiv.org/abs/1605.07146
    """
