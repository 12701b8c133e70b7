# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from collections.abc import Callable
from typing import Any

from torch.nn.modules.module import Module
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.keypoint_rcnn import KeypointRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNN
from torchvision.models.detection.retinanet import RetinaNet
from torchvision.models.detection.ssd import SSD

from hub_classification import (
    MobileNet_V3_Large_Weights,
    ResNet101_Weights,
    ResNet50_Weights,
    VGG16_Weights,
)
from hub_detection.detr import DETR
from hubcore import WeightsEnum, WeightsLike

class FasterRCNN_MobileNet_V3_Large_320_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class FasterRCNN_MobileNet_V3_Large_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class FasterRCNN_ResNet50_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class FasterRCNN_ResNet50_FPN_V2_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class FCOS_ResNet50_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class KeypointRCNN_ResNet50_FPN_Weights(WeightsEnum):
    COCO_LEGACY = ...
    COCO_V1 = ...
    DEFAULT = COCO_V1

class MaskRCNN_ResNet50_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class MaskRCNN_ResNet50_FPN_V2_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class RetinaNet_ResNet50_FPN_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class RetinaNet_ResNet50_FPN_V2_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class SSD300_VGG16_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class SSDLite320_MobileNet_V3_Large_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class DETR_ResNet50_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class DETR_ResNet50_DC5_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class DETR_ResNet101_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

class DETR_ResNet101_DC5_Weights(WeightsEnum):
    COCO_V1 = ...
    DEFAULT = COCO_V1

def detr_resnet101(
    *,
    weights: DETR_ResNet101_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """"""

def detr_resnet101_dc5(
    *,
    weights: DETR_ResNet101_DC5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """"""

def detr_resnet50(
    *,
    weights: DETR_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """"""

def detr_resnet50_dc5(
    *,
    weights: DETR_ResNet50_DC5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """"""

def fasterrcnn_mobilenet_v3_large_320_fpn(
    *,
    weights: FasterRCNN_MobileNet_V3_Large_320_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """"""

def fasterrcnn_mobilenet_v3_large_fpn(
    *,
    weights: FasterRCNN_MobileNet_V3_Large_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """"""

def fasterrcnn_resnet50_fpn(
    *,
    weights: FasterRCNN_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """"""

def fasterrcnn_resnet50_fpn_v2(
    *,
    weights: FasterRCNN_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """"""

def fcos_resnet50_fpn(
    *,
    weights: FCOS_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FCOS:
    """"""

def keypointrcnn_resnet50_fpn(
    *,
    weights: KeypointRCNN_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    num_keypoints: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> KeypointRCNN:
    """"""

def maskrcnn_resnet50_fpn(
    *,
    weights: MaskRCNN_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> MaskRCNN:
    """"""

def maskrcnn_resnet50_fpn_v2(
    *,
    weights: MaskRCNN_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> MaskRCNN:
    """"""

def retinanet_resnet50_fpn(
    *,
    weights: RetinaNet_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> RetinaNet:
    """"""

def retinanet_resnet50_fpn_v2(
    *,
    weights: RetinaNet_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> RetinaNet:
    """"""

def ssd300_vgg16(
    *,
    weights: SSD300_VGG16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: VGG16_Weights | WeightsLike | str | None = VGG16_Weights.IMAGENET1K_FEATURES,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> SSD:
    """"""

def ssdlite320_mobilenet_v3_large(
    *,
    weights: SSDLite320_MobileNet_V3_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    norm_layer: Callable[..., Module] | None = None,
    **config: Any,
) -> SSD:
    """"""
