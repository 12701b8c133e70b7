"""hub-optical-flow against torchvision."""

from equivalence import FamilyTests
from torchvision.models import optical_flow


class TestOpticalFlow(FamilyTests):
    distribution = "hub-optical-flow"
    module = optical_flow
