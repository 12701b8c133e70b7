# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.faster_rcnn import FasterRCNN as FasterRCNN
from torchvision.models.detection.keypoint_rcnn import KeypointRCNN as KeypointRCNN
from torchvision.models.detection.keypoint_rcnn import KeypointRCNNHeads as KeypointRCNNHeads
from torchvision.models.detection.keypoint_rcnn import KeypointRCNNPredictor as KeypointRCNNPredictor
from hub_detection import KeypointRCNN_ResNet50_FPN_Weights as KeypointRCNN_ResNet50_FPN_Weights
from hub_classification import ResNet50_Weights as ResNet50_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_detection import keypointrcnn_resnet50_fpn as keypointrcnn_resnet50_fpn
from torchvision.models.detection._utils import overwrite_eps as overwrite_eps
from torchvision.models._api import register_model as register_model
from hub_classification import resnet50 as resnet50
