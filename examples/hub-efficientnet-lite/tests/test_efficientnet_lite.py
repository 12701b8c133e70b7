"""What hubcore expects of a package, and what is particular to this one."""

import importlib.metadata
from pathlib import Path

import pytest
import skimage.data
import torch
from PIL import Image
from torch.nn import functional as F  # noqa: N812  # the field's name for it

import hubcore
from hub_efficientnet_lite import (
    EfficientNet_Lite0_Weights,
    EfficientNet_Lite1_Weights,
    EfficientNet_Lite2_Weights,
    efficientnet_lite0,
)
from hub_efficientnet_lite.model import SameConv2d
from hubcore.testing import PluginTests

WEIGHTS = EfficientNet_Lite0_Weights.IMAGENET1K_V1
FAMILY = {
    "efficientnet_lite0": (WEIGHTS, 224),
    "efficientnet_lite1": (EfficientNet_Lite1_Weights.IMAGENET1K_V1, 240),
    "efficientnet_lite2": (EfficientNet_Lite2_Weights.IMAGENET1K_V1, 260),
}


class TestPlugin(PluginTests):
    distribution = "hub-efficientnet-lite"


@pytest.fixture(scope="module")
def model():
    return efficientnet_lite0(weights=WEIGHTS).eval()


@pytest.fixture(scope="module")
def coffee():
    return WEIGHTS.transforms()(Image.fromarray(skimage.data.coffee())).unsqueeze(0)


def test_a_cup_of_coffee_is_an_espresso(model, coffee):
    with torch.inference_mode():
        score, best = model(coffee).softmax(1)[0].max(0)
    assert WEIGHTS.meta["categories"][best] == "espresso"
    assert score.item() == pytest.approx(0.951, abs=0.005)


@pytest.mark.sweep
def test_any_size_can_be_exported(model):
    """The padding depends on it, in each layer on that of all before."""
    auto = torch.export.Dim.AUTO
    program = torch.export.export(
        model, (torch.rand(2, 3, 64, 96),), dynamic_shapes=({0: auto, 2: auto, 3: auto},)
    )
    image = torch.rand(1, 3, 75, 101)
    assert torch.equal(program.module()(image), model(image))


@pytest.mark.parametrize("size", [7, 8, 9, 224])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2)])
def test_padding_is_tensorflows(size, kernel, stride):
    """Every output sees the same pixels as under padding="SAME": surplus zeros go last."""
    x = torch.arange(size, dtype=torch.float).view(1, 1, 1, size).expand(1, 1, size, size)
    conv = SameConv2d(1, 1, kernel, stride, bias=False)
    torch.nn.init.constant_(conv.weight, 1.0)
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    first = total // 2
    row = [
        sum(p for k in range(kernel) if 0 <= (p := o * stride + k - first) < size)
        for o in range(outputs)
    ]
    got = conv(x)[0, 0, outputs // 2]
    rows = sum(0 <= outputs // 2 * stride + k - first < size for k in range(kernel))
    assert conv(x).shape[-2:] == (outputs, outputs)
    torch.testing.assert_close(got, torch.tensor(row, dtype=torch.float) * rows)


@pytest.mark.parametrize("name", FAMILY)
def test_the_models_are_timms(name):
    """timm has the same networks under its own names, in the same order."""
    timm = pytest.importorskip("timm")
    weights, size = FAMILY[name]
    model = hubcore.get_model(name, weights=weights).eval()
    peer = timm.create_model(f"tf_{name}").eval()
    ours = list(model.state_dict().values())
    peer.load_state_dict(dict(zip(peer.state_dict(), ours, strict=True)))
    image = weights.transforms()(Image.fromarray(skimage.data.coffee())).unsqueeze(0)
    assert image.shape == (1, 3, size, size)
    with torch.inference_mode():
        torch.testing.assert_close(peer(image), model(image), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FAMILY)
def test_eighteen_of_twenty_photos_are_right(name):
    """foolbox's labelled photos of ImageNet: a wrong preprocessing would cost some."""
    try:
        packaged = importlib.metadata.files("foolbox") or ()
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("needs foolbox's photos")
    photos = [Path(file.locate()) for file in packaged if file.match("imagenet_*.jpg")]
    results = hubcore.predict(name, photos)
    right = [
        result.classes[0].category_id == int(photo.stem.rpartition("_")[2])
        for photo, result in zip(photos, results, strict=True)
    ]
    assert (len(photos), sum(right)) == (20, 18)


def test_tuning_to_other_classes_keeps_the_body(model):
    tuned = hubcore.get_model("efficientnet_lite0", weights="DEFAULT", num_classes=4)
    assert hubcore.load_report(tuned).new == ("classifier.weight", "classifier.bias")
    assert torch.equal(tuned.stem.conv.weight, model.stem.conv.weight)
    assert tuned(torch.zeros(2, 3, 64, 64)).shape == (2, 4)


def test_the_model_learns_in_training_mode():
    model = efficientnet_lite0(num_classes=3).train()
    x, y = torch.randn(4, 3, 64, 64), torch.tensor([0, 1, 2, 0])
    F.cross_entropy(model(x), y).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
