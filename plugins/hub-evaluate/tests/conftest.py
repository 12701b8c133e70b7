"""A small classifier, and images of three colours that it tells apart."""

import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.transforms.functional import to_tensor

from hubcore import refresh

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


class Colours(nn.Module):
    """The logits are the mean red, green and blue, and three classes that never are."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))

    def forward(self, images):
        means = images.mean(dim=(2, 3)) * self.scale
        return torch.cat([means, means - 9], dim=1)


class Weights:
    """As `hubcore.WeightsLike` asks for."""

    url = "file:///colours.pth"
    meta = {"categories": ["red", "green", "blue", "a", "b", "c"]}  # noqa: RUF012  # as torchvision's

    def transforms(self):
        return to_tensor

    def get_state_dict(self, **options):
        return Colours().state_dict()

    def __str__(self):
        return "Colours"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A store of the test's own, where evaluations that were interrupted are kept as well."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    refresh()
    yield tmp_path / "home"
    refresh()


@pytest.fixture
def colours():
    """The arguments of `evaluate` for the small classifier."""
    return {"model": Colours(), "weights": Weights(), "task": "image-classification"}


@pytest.fixture
def images(tmp_path):
    """Folders by class: 60 images, of which each sixth is in a wrong folder."""
    root = tmp_path / "images"
    names = list(COLOURS)
    for number in range(60):
        name = names[number % 3]
        wrong = number % 6 == 0
        folder = root / (names[(number + 1) % 3] if wrong else name)
        folder.mkdir(parents=True, exist_ok=True)
        shade = tuple(value + number % 7 for value in COLOURS[name])
        Image.new("RGB", (9, 8 + number % 2), shade).save(folder / f"{number:02}.png")
    return root
