"""hub-segmentation against torchvision."""

from equivalence import FamilyTests
from torchvision.models import segmentation


class TestSegmentation(FamilyTests):
    distribution = "hub-segmentation"
    module = segmentation
    always = ("deeplabv3_resnet50", "fcn_resnet50")
