"""A tiny classifier with weights, as a package brings it, and images of three colours."""

import random
from pathlib import Path

import pytest
import torch
from PIL import Image

import hubcore
from hub_train.recipes import parse_recipe
from hubcore.download.hashing import sha256_of

COLOURS = {"blue": (40, 40, 200), "green": (40, 200, 40), "red": (200, 40, 40)}
ADDRESS = "https://models.example.org/tiny.pth"

NET = """
from torch import nn

def tiny_net(num_classes=1000):
    part = lambda ins, outs: nn.Sequential(
        nn.Conv2d(ins, outs, 3, 4, 1, bias=False), nn.BatchNorm2d(outs), nn.ReLU())
    layers = {
        "features": nn.Sequential(part(3, 8), part(8, 16)),
        "pool": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "drop": nn.Dropout(0.1),
        "fc": nn.Linear(16, num_classes),
    }
    return nn.Sequential(__import__("collections").OrderedDict(layers))
"""

SMALL = """
batch_size = 6
epochs = 2
[images]
train_size = 32
test_size = 32
test_resize = 36
"""
"""The beginning of a recipe with small images, for more lines of its last table."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """On a busy machine, threads of tiny models wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def hub(tmp_path_factory):
    """The tiny model and its weights, registered; returns the trained module's tensors."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "hub_train_tiny.py").write_text(NET)
    checkpoints = folder / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("TORCH_HOME", str(folder / "torch"))
        patch.setattr(torch.hub, "_hub_dir", None)
        patch.setenv("HUBCORE_HOME", str(folder / "home"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        from hub_train_tiny import tiny_net

        torch.manual_seed(0)
        tensors = tiny_net().state_dict()
        torch.save(tensors, checkpoints / "tiny.pth")
        with hubcore.register(catalog(checkpoints / "tiny.pth"), name="acme-tiny", trust=True):
            yield tensors
    hubcore.refresh()


def catalog(path: Path) -> dict:
    preset = {"crop_size": 64, "resize_size": 72, "mean": [0.4] * 3, "std": [0.3] * 3}
    member = {
        "url": ADDRESS,
        "sha256": sha256_of(path),
        "size": path.stat().st_size,
        "license": "MIT",
        "transforms": ["hubcore.transforms:ImageClassification", preset],
        "meta": {"categories": [f"class {number}" for number in range(1000)]},
    }
    return {
        "schema": 1,
        "models": {
            "tiny_net": {
                "task": "image-classification",
                "architecture": "hub_train_tiny:tiny_net",
                "head": ["fc"],
                "weights": "TinyNet_Weights",
            }
        },
        "weights": {
            "TinyNet_Weights": {"builder": "tiny_net", "default": "V1", "members": {"V1": member}}
        },
    }


@pytest.fixture(scope="session")
def paint():
    return _paint


def _paint(root, count, size=(40, 36)):
    """Folders by class of ``count`` images each, of random shades of a colour."""
    shades = random.Random(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            shade = tuple(value + shades.randint(-40, 40) for value in colour)
            Image.new("RGB", size, shade).save(root / name / f"{number:02}.png")
    return root


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    return _paint(tmp_path_factory.mktemp("data") / "colours", 8)


@pytest.fixture
def recipe():
    """Makes a recipe from lines after `SMALL`."""

    def make(lines="", head=""):
        return parse_recipe(head + SMALL + lines, "small", "small.toml")

    return make
