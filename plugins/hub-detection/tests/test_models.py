"""hub-detection against torchvision."""

from equivalence import FamilyTests
from torchvision.models import detection


class TestDetection(FamilyTests):
    distribution = "hub-detection"
    module = detection
    always = ("fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2", "keypointrcnn_resnet50_fpn")
    always += ("retinanet_resnet50_fpn", "fcos_resnet50_fpn", "ssd300_vgg16")
    always += ("fasterrcnn_mobilenet_v3_large_320_fpn",)
