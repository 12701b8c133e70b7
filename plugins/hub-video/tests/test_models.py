"""hub-video against torchvision."""

from equivalence import FamilyTests
from torchvision.models import video


class TestVideo(FamilyTests):
    distribution = "hub-video"
    module = video
    always = ("mvit_v2_s", "swin3d_t", "r2plus1d_18")
