"""Everything that hubcore expects of a package, and that the flowers are told apart."""

import sys
from pathlib import Path

import torch

import hubcore
from hubcore.testing import PluginTests

sys.path.append(str(Path(__file__).parents[1] / "training"))
from draw import CATEGORIES, draw


class TestPlugin(PluginTests):
    distribution = "acme-flowers"


def test_drawings_that_the_training_never_saw_are_told_apart():
    weights = hubcore.get_weight("AcmeFlowers_Weights.V1")
    model = hubcore.get_model("shufflenet_v2_x0_5", weights=weights).eval()
    preprocess = weights.transforms()
    assert weights.meta["categories"] == CATEGORIES
    pictures = torch.stack([preprocess(draw(c, 1000 + i)) for c in CATEGORIES for i in range(10)])
    truth = torch.arange(len(CATEGORIES)).repeat_interleave(10)
    with torch.inference_mode():
        right = (model(pictures).argmax(1) == truth).float().mean().item()
    assert right >= 0.95
