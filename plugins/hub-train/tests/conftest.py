"""A tiny classifier with weights, as a package brings it, and images of three colours."""

import random
from pathlib import Path

import pytest
import torch
from PIL import Image

import hubcore
from hub_train.recipes import parse_recipe
from hub_train.scenes import KEYPOINTS, draw_figures, draw_scenes
from hubcore.download.hashing import sha256_of

COLOURS = {"blue": (40, 40, 200), "green": (40, 200, 40), "red": (200, 40, 40)}
ADDRESS = "https://models.example.org/tiny.pth"

NET = """
from collections import OrderedDict

from torch import nn
from torch.nn.functional import interpolate
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import MultiScaleRoIAlign


def part(ins, outs, stride=4):
    convolution = nn.Conv2d(ins, outs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outs), nn.ReLU())


def tiny_net(num_classes=1000):
    return nn.Sequential(OrderedDict({
        "features": nn.Sequential(part(3, 8), part(8, 16)),
        "pool": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "drop": nn.Dropout(0.1),
        "fc": nn.Linear(16, num_classes),
    }))


def body():
    made = nn.Sequential(part(3, 16, 2), part(16, 32, 2), part(32, 64, 2), part(64, 64, 1))
    made.out_channels = 64
    return made


def detector(kind, num_classes=91, **more):
    anchors = AnchorGenerator(((16, 32, 64),), ((0.5, 1.0, 2.0),))
    return kind(body(), num_classes, min_size=120, max_size=160, rpn_anchor_generator=anchors,
                box_roi_pool=pool(5), box_head=None, rpn_pre_nms_top_n_train=200,
                rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_train=100,
                rpn_post_nms_top_n_test=50, box_detections_per_img=20,
                rpn_batch_size_per_image=64, box_batch_size_per_image=64, **more)


def pool(size):
    return MultiScaleRoIAlign(["0"], size, 2)


def tiny_boxes(num_classes=91):
    return detector(detection.FasterRCNN, num_classes)


def tiny_masks(num_classes=91):
    return detector(detection.MaskRCNN, num_classes, mask_roi_pool=pool(7))


def tiny_keypoints(num_classes=2, num_keypoints=17):
    return detector(detection.KeypointRCNN, num_classes, keypoint_roi_pool=pool(7),
                    num_keypoints=num_keypoints)


class Segmenter(nn.Module):
    def __init__(self, num_classes=21):
        super().__init__()
        self.body = body()
        self.classifier = nn.Conv2d(64, num_classes, 1)

    def forward(self, images):
        found = self.classifier(self.body(images))
        return {"out": interpolate(found, images.shape[-2:], mode="bilinear")}
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


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """On a busy machine, threads of tiny models wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
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


PREDICTOR = "roi_heads.box_predictor"
OBJECTS = ["hubcore.transforms:ObjectDetection", {}]
PIXELS = ["hubcore.transforms:SemanticSegmentation", {"resize_size": 120}]


def catalog(path: Path) -> dict:
    preset = {"crop_size": 64, "resize_size": 72, "mean": [0.4] * 3, "std": [0.3] * 3}
    digest = {"url": ADDRESS, "sha256": sha256_of(path), "size": path.stat().st_size}
    models, weights = {}, {}

    def add(name, task, head, transforms, categories, **more):
        enum = "".join(word.capitalize() for word in name.split("_")) + "_Weights"
        target = "Segmenter" if name == "tiny_pixels" else name
        models[name] = {
            "task": task,
            "architecture": f"hub_train_tiny:{target}",
            "head": head,
            "weights": enum,
        }
        names = [f"class {number}" for number in range(categories)]
        member = {**digest, "license": "MIT", "transforms": transforms}
        member["meta"] = {"categories": names, **more}
        weights[enum] = {"builder": name, "default": "V1", "members": {"V1": member}}

    add("tiny_net", "image-classification", ["fc"],
        ["hubcore.transforms:ImageClassification", preset], 1000)  # fmt: skip
    boxes = [f"{PREDICTOR}.cls_score", f"{PREDICTOR}.bbox_pred"]
    add("tiny_boxes", "object-detection", boxes, OBJECTS, 91)
    masks = [*boxes, "roi_heads.mask_predictor.mask_fcn_logits"]
    add("tiny_masks", "instance-segmentation", masks, OBJECTS, 91)
    add("tiny_keypoints", "keypoint-detection", boxes, OBJECTS, 2, keypoint_names=list(KEYPOINTS))
    add("tiny_pixels", "semantic-segmentation", ["classifier"], PIXELS, 21)
    return {"schema": 1, "models": models, "weights": weights}


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


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    return draw_scenes(tmp_path_factory.mktemp("data") / "shapes", 12)


@pytest.fixture(scope="session")
def figures(tmp_path_factory):
    return draw_figures(tmp_path_factory.mktemp("data") / "figures", 6)
