# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator as DefaultBoxGenerator
from hub_classification import MobileNet_V3_Large_Weights as MobileNet_V3_Large_Weights
from torchvision.models.detection.ssd import SSD as SSD
from hub_detection import SSDLite320_MobileNet_V3_Large_Weights as SSDLite320_MobileNet_V3_Large_Weights
from torchvision.models.detection.ssdlite import SSDLiteClassificationHead as SSDLiteClassificationHead
from torchvision.models.detection.ssdlite import SSDLiteFeatureExtractorMobileNet as SSDLiteFeatureExtractorMobileNet
from torchvision.models.detection.ssdlite import SSDLiteHead as SSDLiteHead
from torchvision.models.detection.ssdlite import SSDLiteRegressionHead as SSDLiteRegressionHead
from torchvision.models.detection.ssd import SSDScoringHead as SSDScoringHead
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_classification import mobilenet_v3_large as mobilenet_v3_large
from torchvision.models._api import register_model as register_model
from hub_detection import ssdlite320_mobilenet_v3_large as ssdlite320_mobilenet_v3_large
