# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from typing import Any

from torchvision.models.segmentation.deeplabv3 import DeepLabV3
from torchvision.models.segmentation.fcn import FCN
from torchvision.models.segmentation.lraspp import LRASPP

from hub_classification import MobileNet_V3_Large_Weights, ResNet101_Weights, ResNet50_Weights
from hubcore import WeightsEnum, WeightsLike

class DeepLabV3_MobileNet_V3_Large_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

class DeepLabV3_ResNet101_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

class DeepLabV3_ResNet50_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

class FCN_ResNet101_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

class FCN_ResNet50_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

class LRASPP_MobileNet_V3_Large_Weights(WeightsEnum):
    COCO_WITH_VOC_LABELS_V1 = ...
    DEFAULT = COCO_WITH_VOC_LABELS_V1

def deeplabv3_mobilenet_v3_large(
    *,
    weights: DeepLabV3_MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    **config: Any,
) -> DeepLabV3:
    """DeepLabV3 on a dilated MobileNetV3: about FCN's accuracy with ResNet-50 at a fifteenth of
    the operations.

    Paper: https://arxiv.org/abs/1706.05587
    """

def deeplabv3_resnet101(
    *,
    weights: DeepLabV3_ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    **config: Any,
) -> DeepLabV3:
    """DeepLabV3 on a dilated ResNet-101.

    Paper: https://arxiv.org/abs/1706.05587
    """

def deeplabv3_resnet50(
    *,
    weights: DeepLabV3_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    **config: Any,
) -> DeepLabV3:
    """DeepLabV3 looks at a dilated ResNet-50's features with convolutions of several dilation
    rates and a global pool at once, so that objects of all sizes fit.

    Paper: https://arxiv.org/abs/1706.05587
    """

def fcn_resnet101(
    *,
    weights: FCN_ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    **config: Any,
) -> FCN:
    """FCN on a dilated ResNet-101.

    Paper: https://arxiv.org/abs/1411.4038
    """

def fcn_resnet50(
    *,
    weights: FCN_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    **config: Any,
) -> FCN:
    """The fully convolutional network: a dilated ResNet-50 at an eighth of the resolution, a small
    classifier for each location, and bilinear upsampling.

    Paper: https://arxiv.org/abs/1411.4038
    """

def lraspp_mobilenet_v3_large(
    *,
    weights: LRASPP_MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    **config: Any,
) -> LRASPP:
    """The segmentation head that MobileNetV3's paper proposes: an attention-like gate over high-
    level features and a skip connection to low-level ones. 3.2 million parameters in all.

    Paper: https://arxiv.org/abs/1905.02244
    """
