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
    """"""

def deeplabv3_resnet101(
    *,
    weights: DeepLabV3_ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    **config: Any,
) -> DeepLabV3:
    """"""

def deeplabv3_resnet50(
    *,
    weights: DeepLabV3_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    **config: Any,
) -> DeepLabV3:
    """"""

def fcn_resnet101(
    *,
    weights: FCN_ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    **config: Any,
) -> FCN:
    """"""

def fcn_resnet50(
    *,
    weights: FCN_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    aux_loss: bool | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    **config: Any,
) -> FCN:
    """"""

def lraspp_mobilenet_v3_large(
    *,
    weights: LRASPP_MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    **config: Any,
) -> LRASPP:
    """"""
