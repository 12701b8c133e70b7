"""A model of three colours, its weights, and its export."""

import torch
from torch import nn

from hub_export import export
from hubcore.transforms import ImageClassification


class Colours(nn.Module):
    """The logits are the mean red, green and blue."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))

    def forward(self, images):
        return images.mean(dim=(2, 3)) * self.scale


class Weights:
    """As `hubcore.WeightsLike` asks for."""

    url = "file:///colours.pth"
    meta = {"categories": ["red", "green", "blue"]}  # noqa: RUF012  # as torchvision's

    def __init__(self, preset=None):
        self.preset = preset or ImageClassification(crop_size=24, resize_size=32)

    def transforms(self):
        return self.preset

    def get_state_dict(self, **options):
        return Colours().state_dict()

    def __str__(self):
        return "Colours"


def exported(path, model=None, **options):
    options = {"weights": Weights(), "task": "image-classification", "top": 2, **options}
    return export(model or Colours(), path, **options)
