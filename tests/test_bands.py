"""Images that are not RGB: what weights declare of them, and what prediction takes."""

import numpy as np
import pytest
import torch
from PIL import Image
from third_parties import offer
from torch import nn

import hubcore
from hubcore.errors import CatalogError
from hubcore.testing import CHECKS, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

BANDS = ["B2", "B3", "B4", "B8", "B11"]


class Banded(nn.Module):
    def __init__(self, num_classes=2, channels=5):
        super().__init__()
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x):
        return self.fc(x.mean((2, 3)))


class Reflectance(nn.Module):
    def forward(self, img: torch.Tensor) -> torch.Tensor:
        return img / 10000


@pytest.fixture
def acme(tmp_path):
    torch.manual_seed(0)

    def make(channels=5, **meta):
        torch.save(Banded(channels=channels).state_dict(), tmp_path / "w.pth")
        facts = {
            "meta": {"categories": ["land", "water"], **meta},
            "config": {"channels": channels},
            "transforms": f"{__name__}:Reflectance",
        }
        return offer(tmp_path / "w.pth", f"{__name__}:Banded", facts)

    return make


def test_arrays_tensors_and_files_of_many_bands_give_the_models_own_result(acme, tmp_path):
    values = np.random.default_rng(0).integers(0, 10000, (8, 6, 5)).astype(np.uint16)
    np.save(tmp_path / "scene.npy", values)
    tensor = torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)
    with acme(bands=BANDS, value_range=[0, 10000]):
        found = hubcore.predict("acme", [str(tmp_path / "scene.npy"), values, tensor])
        model = hubcore.get_model("acme", weights="DEFAULT").eval()
    with torch.inference_mode():
        expected = model(tensor[None] / 10000).softmax(-1).max().item()
    for result in found:
        assert result.size == (6, 8)
        assert result.classes[0].probability == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            np.zeros((8, 6, 3)),
            r"has the shape \(3, 8, 6\), but the weights take 5 channels \(B2, B3",
        ),
        (
            np.full((8, 6, 5), 20000.0),
            "has values from 20000 to 20000: the weights take 0 to 10000",
        ),
        (np.full((8, 6, 5), np.nan), "not finite"),
        (Image.new("RGB", (8, 8)), "is an image file or a PIL image, but"),
        (np.zeros((8, 6, 5), dtype=complex), "type complex128"),
    ],
)
def test_other_bands_and_values_are_refused_in_words(given, says, acme):
    with (
        acme(bands=BANDS, value_range=[0, 10000]),
        pytest.raises(hubcore.HubError, match=says),
    ):
        hubcore.predict("acme", given)


def test_for_one_channel_any_image_is_made_grey(acme):
    with acme(channels=1, in_chans=1):
        grey, coloured, array = hubcore.predict(
            "acme",
            [Image.new("L", (6, 8), 100), Image.new("RGB", (6, 8), (100,) * 3),
             np.full((8, 6), 100, np.uint8)],
        )  # fmt: skip
    assert grey.classes == coloured.classes == array.classes
    assert grey.draw().height >= 8


def test_the_kit_gives_preprocessing_and_model_what_they_take(acme):
    with acme(bands=BANDS, value_range=[0, 10000]):
        subject = Subject.of_plugin("acme")
        for name in ("schema", "keys", "preprocessing", "loading"):
            found = [str(one) for one in CHECKS[name](subject)]
            assert [one for one in found if "not in the store" not in one] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"bands": []},
        {"bands": "B2"},
        {"value_range": [1, 0]},
        {"value_range": [0]},
        {"in_chans": 0},
    ],
)
def test_declarations_that_make_no_sense_are_refused(wrong, acme):
    with pytest.raises(CatalogError, match=next(iter(wrong))):
        acme(**wrong)
