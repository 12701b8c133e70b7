# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator as DefaultBoxGenerator
from torchvision.models.detection.transform import GeneralizedRCNNTransform as GeneralizedRCNNTransform
from torchvision.models.detection.ssd import SSD as SSD
from hub_detection import SSD300_VGG16_Weights as SSD300_VGG16_Weights
from torchvision.models.detection.ssd import SSDClassificationHead as SSDClassificationHead
from torchvision.models.detection.ssd import SSDFeatureExtractorVGG as SSDFeatureExtractorVGG
from torchvision.models.detection.ssd import SSDHead as SSDHead
from torchvision.models.detection.ssd import SSDRegressionHead as SSDRegressionHead
from torchvision.models.detection.ssd import SSDScoringHead as SSDScoringHead
from torchvision.models.vgg import VGG as VGG
from hub_classification import VGG16_Weights as VGG16_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_detection import ssd300_vgg16 as ssd300_vgg16
from hub_classification import vgg16 as vgg16
