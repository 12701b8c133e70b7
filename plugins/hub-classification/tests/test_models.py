"""hub-classification against torchvision."""

from equivalence import FamilyTests
from torchvision import models


class TestClassification(FamilyTests):
    distribution = "hub-classification"
    module = models
    # SWAG, transform_input with auxiliary heads, and the first of each large architecture.
    always = ("vit_b_16", "regnet_y_400mf", "inception_v3", "resnet18", "convnext_tiny", "swin_t")
    old = ("densenet121", "googlenet", "resnet18", "vit_b_16")
