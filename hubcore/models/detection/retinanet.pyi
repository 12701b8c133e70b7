# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import AnchorGenerator as AnchorGenerator
from torchvision.models.detection.transform import GeneralizedRCNNTransform as GeneralizedRCNNTransform
from hub_classification import ResNet50_Weights as ResNet50_Weights
from torchvision.models.detection.retinanet import RetinaNet as RetinaNet
from torchvision.models.detection.retinanet import RetinaNetClassificationHead as RetinaNetClassificationHead
from torchvision.models.detection.retinanet import RetinaNetHead as RetinaNetHead
from torchvision.models.detection.retinanet import RetinaNetRegressionHead as RetinaNetRegressionHead
from hub_detection import RetinaNet_ResNet50_FPN_V2_Weights as RetinaNet_ResNet50_FPN_V2_Weights
from hub_detection import RetinaNet_ResNet50_FPN_Weights as RetinaNet_ResNet50_FPN_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.detection._utils import overwrite_eps as overwrite_eps
from torchvision.models._api import register_model as register_model
from hub_classification import resnet50 as resnet50
from hub_detection import retinanet_resnet50_fpn as retinanet_resnet50_fpn
from hub_detection import retinanet_resnet50_fpn_v2 as retinanet_resnet50_fpn_v2
