# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.backbone_utils import BackboneWithFPN as BackboneWithFPN
from torchvision.models._utils import IntermediateLayerGetter as IntermediateLayerGetter
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.detection.backbone_utils import mobilenet_backbone as mobilenet_backbone
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone as resnet_fpn_backbone
