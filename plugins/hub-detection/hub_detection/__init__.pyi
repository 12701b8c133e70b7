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
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """DETR with a ResNet-101 backbone.

    Paper: https://arxiv.org/abs/2005.12872
    """

def detr_resnet101_dc5(
    *,
    weights: DETR_ResNet101_DC5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet101_Weights | WeightsLike | str | None = ResNet101_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """DETR with a ResNet-101 backbone whose last stage is dilated: the strongest and costliest of
    the four.

    Paper: https://arxiv.org/abs/2005.12872
    """

def detr_resnet50(
    *,
    weights: DETR_ResNet50_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """The detection transformer: an encoder-decoder turns the features of an image and 100 learned
    queries into a set of boxes, matched one to one with the objects in training. No anchors, no
    suppression of duplicates.

    Paper: https://arxiv.org/abs/2005.12872
    """

def detr_resnet50_dc5(
    *,
    weights: DETR_ResNet50_DC5_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> DETR:
    """DETR on a ResNet-50 whose last stage is dilated instead of strided (DC5): twice the
    resolution, which helps small objects, at about twice the cost.

    Paper: https://arxiv.org/abs/2005.12872
    """

def fasterrcnn_mobilenet_v3_large_320_fpn(
    *,
    weights: FasterRCNN_MobileNet_V3_Large_320_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """The same network for images of about 320 pixels, with fewer proposals: the fastest two-stage
    detector here.

    Paper: https://arxiv.org/abs/1905.02244
    """

def fasterrcnn_mobilenet_v3_large_fpn(
    *,
    weights: FasterRCNN_MobileNet_V3_Large_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: MobileNet_V3_Large_Weights | WeightsLike | str | None = MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """Faster R-CNN on a MobileNetV3 pyramid of two levels, for processors that cannot afford a
    ResNet-50.

    Paper: https://arxiv.org/abs/1905.02244
    """

def fasterrcnn_resnet50_fpn(
    *,
    weights: FasterRCNN_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """The two-stage detector: a network proposes regions on a feature pyramid, a second one
    classifies and refines each. With a ResNet-50 whose batch normalisation is frozen.

    Paper: https://arxiv.org/abs/1506.01497
    """

def fasterrcnn_resnet50_fpn_v2(
    *,
    weights: FasterRCNN_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FasterRCNN:
    """Faster R-CNN as later work improved it: trainable batch normalisation in the backbone, a
    proposal network of two convolutions, and a box head of four convolutions and a linear
    layer.

    Paper: https://arxiv.org/abs/2111.11429
    """

def fcos_resnet50_fpn(
    *,
    weights: FCOS_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> FCOS:
    """A one-stage detector without anchors: every location of the feature pyramid predicts its
    class, the distances to the sides of its box, and how central it is.

    Paper: https://arxiv.org/abs/1904.01355
    """

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
    """Faster R-CNN for persons with a branch that finds 17 points of the body, from the nose to
    the ankles, each with a score.

    Paper: https://arxiv.org/abs/1703.06870
    """

def maskrcnn_resnet50_fpn(
    *,
    weights: MaskRCNN_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> MaskRCNN:
    """Faster R-CNN with a branch that draws a 28x28 mask for each detected object.

    Paper: https://arxiv.org/abs/1703.06870
    """

def maskrcnn_resnet50_fpn_v2(
    *,
    weights: MaskRCNN_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> MaskRCNN:
    """Mask R-CNN with the improvements of Faster R-CNN's second version, and a normalised mask
    head.

    Paper: https://arxiv.org/abs/2111.11429
    """

def retinanet_resnet50_fpn(
    *,
    weights: RetinaNet_ResNet50_FPN_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = ResNet50_Weights.IMAGENET1K_V1,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> RetinaNet:
    """The one-stage detector that introduced focal loss, so that the many easy background anchors
    do not drown the few objects.

    Paper: https://arxiv.org/abs/1708.02002
    """

def retinanet_resnet50_fpn_v2(
    *,
    weights: RetinaNet_ResNet50_FPN_V2_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: ResNet50_Weights | WeightsLike | str | None = None,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> RetinaNet:
    """RetinaNet with trainable normalisation in the backbone, group normalisation in the heads,
    and the generalised IoU as box loss.

    Paper: https://arxiv.org/abs/1912.02424
    """

def ssd300_vgg16(
    *,
    weights: SSD300_VGG16_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    num_classes: int | None = None,
    weights_backbone: VGG16_Weights | WeightsLike | str | None = VGG16_Weights.IMAGENET1K_FEATURES,
    trainable_backbone_layers: int | None = None,
    **config: Any,
) -> SSD:
    """Single Shot Detector: six feature maps of a VGG-16 predict boxes directly, on images
    squeezed to 300 by 300 pixels.

    Paper: https://arxiv.org/abs/1512.02325
    """

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
    """SSD with depthwise heads on a MobileNetV3: 3.4 million parameters, 0.6 billion multiply-
    adds, for images of 320 by 320 pixels. The detector for phones.

    Paper: https://arxiv.org/abs/1801.04381
    """
