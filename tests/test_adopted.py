"""Enums of other projects, of torchvision's pattern, that are registered; and no DEFAULT."""

import pickle
from enum import Enum
from functools import partial

import pytest
import torch
from third_parties import member_of
from torchvision.models import squeezenet1_1
from torchvision.models._api import Weights as TorchvisionWeights
from torchvision.models._api import WeightsEnum as TorchvisionEnum
from torchvision.transforms._presets import ImageClassification

import hubcore
from hubcore.download.hashing import sha256_of
from hubcore.errors import UnknownNameError, WrongTypeError
from hubcore.info import weights_info
from hubcore.store import default_store


class Bands_Weights(TorchvisionEnum):
    """TorchGeo's: torchvision's class, preprocessing that is ready-made, no default."""

    BANDS = TorchvisionWeights(
        "https://weights.example.org/bands-01234567.pth",
        torch.nn.Identity(),
        {"in_chans": 13, "license": "MIT"},
    )
    OTHER = TorchvisionWeights("https://weights.example.org/other-01234568.pth", dict, {})


class Lakes_Weights(Enum):
    """An enum of one's own, with a loader of one's own."""

    V1 = "https://weights.example.org/lakes.pth"
    DEFAULT = V1

    @property
    def url(self):
        return self.value

    @property
    def transforms(self):
        return partial(ImageClassification, crop_size=32)

    @property
    def meta(self):
        return {"num_classes": 3}

    def get_state_dict(self, *args, **kwargs):
        torch.manual_seed(7)
        return squeezenet1_1(num_classes=3).state_dict()


def test_an_enum_of_torchvisions_class_is_registered():
    """Its members are listed and found by name with their facts, and gone afterwards."""
    with hubcore.register(Bands_Weights, builder="squeezenet1_1", name="geo"):
        names = ["Bands_Weights.BANDS", "Bands_Weights.OTHER"]
        assert hubcore.list_weights("squeezenet1_1")[-2:] == names
        ours, theirs = hubcore.get_weight("geo/bands_weights.bands"), Bands_Weights.BANDS
        assert (ours.url, ours.meta) == (theirs.url, theirs.meta)
        assert ours.transforms() is theirs.transforms
        assert hubcore.get_weight("Bands_Weights.OTHER").transforms() == {}
        assert pickle.loads(pickle.dumps(ours)) is ours
        info = weights_info(ours)
        assert (info.task, info.license, info.sha256) == ("image-classification", "MIT", "01234567")
    assert "Bands_Weights.BANDS" not in hubcore.list_weights()


def test_its_file_comes_from_the_store(own_home, monkeypatch, tmp_path):
    model = squeezenet1_1(num_classes=3)
    torch.save(model.state_dict(), tmp_path / "w.pth")
    digest = sha256_of(tmp_path / "w.pth")
    url = f"https://weights.example.org/w-{digest[:8]}.pth"
    enum = TorchvisionEnum("Own_Weights", {"V1": TorchvisionWeights(url, dict, {"num_classes": 3})})
    path = default_store().add(tmp_path / "w.pth", sha256=digest)
    default_store().pin(url, digest)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with hubcore.register(enum, builder="squeezenet1_1"):
        assert hubcore.get_weight("Own_Weights.V1").download() == path
        for weights in ("Own_Weights.V1", enum.V1):
            built = hubcore.get_model("squeezenet1_1", weights=weights)
            assert hubcore.load_report(built).sha256 == digest
            assert torch.equal(built.classifier[1].weight, model.classifier[1].weight)


def test_an_enum_with_a_loader_of_its_own_is_registered():
    with hubcore.register(Lakes_Weights, builder="squeezenet1_1"):
        built = hubcore.get_model("squeezenet1_1", weights="Lakes_Weights.DEFAULT")
        assert repr(hubcore.load_report(built).weights) == "Lakes_Weights.V1"
    expected = Lakes_Weights.V1.get_state_dict()["classifier.1.weight"]
    assert torch.equal(built.classifier[1].weight, expected)


class Fruit(Enum):
    APPLE = 1


class Nothing(Enum):
    pass


@pytest.mark.parametrize("enum", [Fruit, Nothing, dict])
def test_what_holds_no_weights_is_refused_in_a_sentence(enum):
    with pytest.raises(WrongTypeError, match="is no enum of weights"):
        hubcore.register(enum, builder="resnet50")


def test_a_default_that_is_not_there_is_said_so(tmp_path):
    """By the builder, by name, and as an attribute."""
    path = tmp_path / "w.pth"
    path.write_bytes(b"")
    enum = {"builder": "acme", "members": {"V1": member_of(path), "V2": member_of(path, size=3)}}
    model = {
        "task": "image-classification",
        "architecture": "torchvision.models:resnet18",
        "weights": "Acme_Weights",
    }
    catalog = {"schema": 1, "models": {"acme": model}, "weights": {"Acme_Weights": enum}}
    said = r"Acme_Weights has no DEFAULT.*Name one: V1, V2"
    with hubcore.register(catalog, name="acme"):
        for name in ("DEFAULT", "default", "Acme_Weights.DEFAULT"):
            with pytest.raises(UnknownNameError, match=said):
                hubcore.get_model("acme", weights=name)
        with pytest.raises(AttributeError, match=said):
            _ = hubcore.get_model_weights("acme").DEFAULT
