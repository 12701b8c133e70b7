# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from typing import Any

from torchvision.models.quantization.googlenet import QuantizableGoogLeNet
from torchvision.models.quantization.inception import QuantizableInception3
from torchvision.models.quantization.mobilenetv2 import QuantizableMobileNetV2
from torchvision.models.quantization.mobilenetv3 import QuantizableMobileNetV3
from torchvision.models.quantization.resnet import QuantizableResNet
from torchvision.models.quantization.shufflenetv2 import QuantizableShuffleNetV2

from hub_classification import (
    GoogLeNet_Weights,
    Inception_V3_Weights,
    MobileNet_V2_Weights,
    MobileNet_V3_Large_Weights,
    ResNeXt101_32X8D_Weights,
    ResNeXt101_64X4D_Weights,
    ResNet18_Weights,
    ResNet50_Weights,
    ShuffleNet_V2_X0_5_Weights,
    ShuffleNet_V2_X1_0_Weights,
    ShuffleNet_V2_X1_5_Weights,
    ShuffleNet_V2_X2_0_Weights,
)
from hubcore import WeightsEnum, WeightsLike

class GoogLeNet_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class Inception_V3_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class MobileNet_V2_QuantizedWeights(WeightsEnum):
    IMAGENET1K_QNNPACK_V1 = ...
    DEFAULT = IMAGENET1K_QNNPACK_V1

class MobileNet_V3_Large_QuantizedWeights(WeightsEnum):
    IMAGENET1K_QNNPACK_V1 = ...
    DEFAULT = IMAGENET1K_QNNPACK_V1

class ResNet18_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class ResNet50_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    IMAGENET1K_FBGEMM_V2 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V2

class ResNeXt101_32X8D_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    IMAGENET1K_FBGEMM_V2 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V2

class ResNeXt101_64X4D_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class ShuffleNet_V2_X0_5_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class ShuffleNet_V2_X1_0_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class ShuffleNet_V2_X1_5_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

class ShuffleNet_V2_X2_0_QuantizedWeights(WeightsEnum):
    IMAGENET1K_FBGEMM_V1 = ...
    DEFAULT = IMAGENET1K_FBGEMM_V1

def googlenet(
    *,
    weights: GoogLeNet_QuantizedWeights | GoogLeNet_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableGoogLeNet:
    """GoogLeNet with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared. The
    auxiliary classifiers exist in the float model only.

    Paper: https://arxiv.org/abs/1409.4842
    """

quantized_googlenet = googlenet

def inception_v3(
    *,
    weights: Inception_V3_QuantizedWeights | Inception_V3_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableInception3:
    """Inception v3 with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared. For
    299-pixel images.

    Paper: https://arxiv.org/abs/1512.00567
    """

quantized_inception_v3 = inception_v3

def mobilenet_v2(
    *,
    weights: MobileNet_V2_QuantizedWeights | MobileNet_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableMobileNetV2:
    """MobileNetV2 with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared.

    Paper: https://arxiv.org/abs/1801.04381
    """

quantized_mobilenet_v2 = mobilenet_v2

def mobilenet_v3_large(
    *,
    weights: MobileNet_V3_Large_QuantizedWeights | MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableMobileNetV3:
    """MobileNetV3-Large with layers that can be fused and quantized. `quantize=True` gives the
    8-bit model, which runs on the CPU only; otherwise it is a float model, ready to be
    prepared.

    Paper: https://arxiv.org/abs/1905.02244
    """

quantized_mobilenet_v3_large = mobilenet_v3_large

def resnet18(
    *,
    weights: ResNet18_QuantizedWeights | ResNet18_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableResNet:
    """ResNet-18 with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared.

    Paper: https://arxiv.org/abs/1512.03385
    """

quantized_resnet18 = resnet18

def resnet50(
    *,
    weights: ResNet50_QuantizedWeights | ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableResNet:
    """ResNet-50 with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared.

    Paper: https://arxiv.org/abs/1512.03385
    """

quantized_resnet50 = resnet50

def resnext101_32x8d(
    *,
    weights: ResNeXt101_32X8D_QuantizedWeights | ResNeXt101_32X8D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableResNet:
    """ResNeXt-101 32x8d with layers that can be fused and quantized. `quantize=True` gives the
    8-bit model, which runs on the CPU only; otherwise it is a float model, ready to be
    prepared.

    Paper: https://arxiv.org/abs/1611.05431
    """

quantized_resnext101_32x8d = resnext101_32x8d

def resnext101_64x4d(
    *,
    weights: ResNeXt101_64X4D_QuantizedWeights | ResNeXt101_64X4D_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableResNet:
    """ResNeXt-101 64x4d with layers that can be fused and quantized. `quantize=True` gives the
    8-bit model, which runs on the CPU only; otherwise it is a float model, ready to be
    prepared.

    Paper: https://arxiv.org/abs/1611.05431
    """

quantized_resnext101_64x4d = resnext101_64x4d

def shufflenet_v2_x0_5(
    *,
    weights: ShuffleNet_V2_X0_5_QuantizedWeights | ShuffleNet_V2_X0_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableShuffleNetV2:
    """ShuffleNetV2 at half width with layers that can be fused and quantized. `quantize=True`
    gives the 8-bit model, which runs on the CPU only; otherwise it is a float model, ready to
    be prepared.

    Paper: https://arxiv.org/abs/1807.11164
    """

quantized_shufflenet_v2_x0_5 = shufflenet_v2_x0_5

def shufflenet_v2_x1_0(
    *,
    weights: ShuffleNet_V2_X1_0_QuantizedWeights | ShuffleNet_V2_X1_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableShuffleNetV2:
    """ShuffleNetV2 with layers that can be fused and quantized. `quantize=True` gives the 8-bit
    model, which runs on the CPU only; otherwise it is a float model, ready to be prepared.

    Paper: https://arxiv.org/abs/1807.11164
    """

quantized_shufflenet_v2_x1_0 = shufflenet_v2_x1_0

def shufflenet_v2_x1_5(
    *,
    weights: ShuffleNet_V2_X1_5_QuantizedWeights | ShuffleNet_V2_X1_5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableShuffleNetV2:
    """ShuffleNetV2 at 1.5 times its width with layers that can be fused and quantized.
    `quantize=True` gives the 8-bit model, which runs on the CPU only; otherwise it is a float
    model, ready to be prepared.

    Paper: https://arxiv.org/abs/1807.11164
    """

quantized_shufflenet_v2_x1_5 = shufflenet_v2_x1_5

def shufflenet_v2_x2_0(
    *,
    weights: ShuffleNet_V2_X2_0_QuantizedWeights | ShuffleNet_V2_X2_0_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    quantize: bool = False,
    **config: Any,
) -> QuantizableShuffleNetV2:
    """ShuffleNetV2 at twice its width with layers that can be fused and quantized. `quantize=True`
    gives the 8-bit model, which runs on the CPU only; otherwise it is a float model, ready to
    be prepared.

    Paper: https://arxiv.org/abs/1807.11164
    """

quantized_shufflenet_v2_x2_0 = shufflenet_v2_x2_0
