"""Other numbers of input channels: the first layer of weights is adapted, or they are refused."""

import pytest
import torch
from third_parties import NAMES, Base, offer
from torch import nn

import hubcore
from hubcore.errors import CatalogError, WeightsError, WrongTypeError
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

DECLARED = {"in_chans": {"argument": "bands", "layers": ["stem"]}}


class Banded(nn.Module):
    def __init__(self, num_classes=10, bands=3):
        super().__init__()
        self.stem = nn.Conv2d(bands, 16, 8, 8)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        return self.fc(self.stem(x).mean((2, 3)))


def loosely(weights=None, **kwargs):
    model = Banded(**kwargs)
    if weights:
        model.load_state_dict(weights.get_state_dict(), strict=False)
    return model


@pytest.fixture
def banded(tmp_path):
    torch.manual_seed(0)
    model = Banded()
    torch.save(model.state_dict(), tmp_path / "w.pth")
    return model, tmp_path / "w.pth"


def acme(path, cls=Banded, **model):
    return offer(path, f"{__name__}:{cls.__name__}", **{**DECLARED, **model})


@pytest.mark.parametrize("facts", [{}, {"can_skip_initialisation": True}, {"loads_weights": True}])
@pytest.mark.parametrize("classes", [10, 4])
def test_a_grey_picture_gives_what_it_gives_as_a_colour_one(facts, classes, banded):
    """Whoever loads the weights, and with a new head, too."""
    expected, path = banded
    with acme(path, loosely if "loads_weights" in facts else Banded, **facts):
        ours = hubcore.get_model("acme", weights="DEFAULT", in_chans=1, num_classes=classes)
    grey = torch.rand(2, 1, 32, 32)
    assert ours.stem.in_channels == 1
    assert torch.allclose(ours.stem(grey), expected.stem(grey.expand(2, 3, 32, 32)), atol=1e-6)
    if classes == 10:
        assert torch.equal(ours.fc.weight, expected.fc.weight)
    report = hubcore.load_report(ours)
    assert report.adapted == ("stem.weight",)
    assert "stem.weight" in report.loaded
    assert "(stem.weight adapted)" in repr(report)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6, 13])
def test_the_numbers_are_timms(channels, banded):
    adapt = pytest.importorskip("timm.models").adapt_input_conv
    expected, path = banded
    with acme(path):
        ours = hubcore.get_model("acme", weights="DEFAULT", in_chans=channels)
    assert torch.equal(ours.stem.weight, adapt(channels, expected.stem.weight.detach()))


def test_the_architectures_own_name_will_do_and_one_channel_more_is_scaled(banded):
    expected, path = banded
    with acme(path):
        ours = hubcore.get_model("acme", weights="DEFAULT", bands=4).stem.weight
        blank = hubcore.get_model("acme", in_chans=4)
    first = expected.stem.weight
    assert torch.equal(ours, torch.cat([first, first[:, :1]], 1) * 0.75)
    assert blank.stem.in_channels == 4


def test_weights_of_many_bands_decide_the_number(tmp_path):
    """As for satellites: nobody has to know that there are 13."""
    torch.save(Banded(bands=13).state_dict(), tmp_path / "w.pth")
    with acme(tmp_path / "w.pth", facts={"meta": {"categories": NAMES, "in_chans": 13}}):
        assert hubcore.get_model("acme", weights="DEFAULT").stem.in_channels == 13
        ours = hubcore.get_model("acme", weights="DEFAULT", in_chans=3)
        faults = [f for f in CHECKS["parameters"](Subject.of_plugin("acme")) if type(f) is Fault]
    assert ours.stem.in_channels == 3
    assert faults == []


@pytest.mark.parametrize("wrong", [0, -1, 1.0, True, "3"])
def test_what_is_no_number_of_channels_is_refused(wrong, banded):
    with acme(banded[1]), pytest.raises(WrongTypeError, match="positive whole number"):
        hubcore.get_model("acme", weights="DEFAULT", in_chans=wrong)


def test_models_that_do_not_declare_it_refuse_in_a_sentence(banded, tmp_path):
    torch.save(Base().state_dict(), tmp_path / "base.pth")
    with offer(tmp_path / "base.pth", "third_parties:Base"):
        for weights in ("DEFAULT", None):
            with pytest.raises(WrongTypeError, match="'acme/acme' takes no other number of chan"):
                hubcore.get_model("acme", weights=weights, in_chans=1)
    with pytest.raises(WrongTypeError, match="takes no other number of channels"):
        hubcore.get_model("resnet18", in_chans=1)
    own = f"{__name__}:{Named.__name__}"
    with (
        offer(banded[1], own),
        pytest.raises(WeightsError, match=r"\[16, 3, 8, 8\], not .* declares no \"in_chans\""),
    ):
        hubcore.get_model("acme", weights="DEFAULT", in_chans=1)


class Named(Banded):
    def __init__(self, num_classes=10, in_chans=3):
        super().__init__(num_classes, in_chans)


def test_hub_check_finds_a_wrong_declaration(banded):
    with acme(banded[1], in_chans={"argument": "bands", "layers": ["body"]}):
        found = "\n".join(map(str, CHECKS["parameters"](Subject.of_plugin("acme"))))
        with pytest.raises(WeightsError, match=r"no convolution 'body.weight'"):
            hubcore.get_model("acme", weights="DEFAULT")
    assert "body.weight" in found


@pytest.mark.parametrize(
    "wrong", ["conv1", {}, {"layers": []}, {"layers": ["a"], "argument": "a b"}, {"layers": [1]}]
)
def test_a_declaration_of_another_form_is_a_catalogue_error(wrong, banded):
    with pytest.raises(CatalogError, match='"in_chans" must be an object with "layers"'):
        acme(banded[1], in_chans=wrong)
