"""hub-quantization against torchvision."""

from equivalence import FamilyTests
from torchvision.models import quantization


class TestQuantization(FamilyTests):
    distribution = "hub-quantization"
    module = quantization
    always = ("quantized_inception_v3",)
