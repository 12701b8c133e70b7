"""Architectures that adapt weights to their arguments themselves (``adapts_weights``)."""

import pytest
import torch
from third_parties import Plain, assert_same, offer
from torch import nn

import hubcore
from hubcore.errors import WeightsError

pytestmark = pytest.mark.usefixtures("one_thread")

CALLS = []


class Wide(nn.Module):
    """Has a stem whose width can be chosen, and may keep the body only."""

    def __init__(self, num_classes=10, width=16, features_only=False):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 8, 8)
        if not features_only:
            self.fc = nn.Linear(width, num_classes)


def adapting(weights=None, **kwargs):
    CALLS.append(weights is not None)
    model = Wide(**kwargs)
    if weights is not None:
        tensors = weights.get_state_dict()
        width = model.stem.out_channels
        tensors = {
            key: t[:width] if key.startswith("stem") else t[:, :width] if t.ndim == 2 else t
            for key, t in tensors.items()
        }
        own = model.state_dict()
        fits = {key: t for key, t in tensors.items() if key in own and t.shape == own[key].shape}
        model.load_state_dict(fits, strict=False)
    return model


@pytest.fixture
def tensors(tmp_path):
    CALLS.clear()
    torch.manual_seed(0)
    tensors = Plain().state_dict()
    torch.save(tensors, tmp_path / "w.pth")
    facts = {"adapts_weights": True, "can_skip_initialisation": True}
    with offer(tmp_path / "w.pth", f"{__name__}:adapting", **facts):
        yield tensors


def test_without_arguments_of_its_own_the_hub_loads(tensors):
    """Also with another number of classes: the head is new, and all else loaded strictly."""
    expected = Wide()
    expected.load_state_dict(tensors)
    assert_same(hubcore.get_model("acme", weights="DEFAULT"), expected)
    tuned = hubcore.get_model("acme", weights="DEFAULT", num_classes=4)
    assert hubcore.load_report(tuned).new == ("fc.weight", "fc.bias")
    assert True not in CALLS


def test_with_arguments_of_its_own_it_adapts_the_weights(tensors):
    model = hubcore.get_model("acme", weights="DEFAULT", width=8)
    assert CALLS == [True]
    assert torch.equal(model.stem.weight, tensors["stem.weight"][:8])
    assert torch.equal(model.fc.weight, tensors["fc.weight"][:, :8])
    assert hubcore.load_report(model).new == ()


def test_what_it_does_not_take_from_the_weights_is_new(tensors):
    """Drawn as the architecture draws it: once, after the same seed."""
    torch.manual_seed(3)
    model = hubcore.get_model("acme", weights="DEFAULT", width=8, num_classes=4)
    torch.manual_seed(3)
    drawn = Wide(width=8, num_classes=4)
    assert torch.equal(model.fc.weight, drawn.fc.weight)
    assert torch.equal(model.stem.weight, tensors["stem.weight"][:8])
    assert hubcore.load_report(model).new == ("fc.weight", "fc.bias")


def test_weights_that_it_takes_nothing_from_are_refused(tensors):
    with pytest.raises(WeightsError, match="loaded none of the 4 tensors"):
        hubcore.get_model("acme", weights="DEFAULT", width=40, num_classes=3)


def test_without_weights_it_is_the_architecture(tensors):
    torch.manual_seed(3)
    model = hubcore.get_model("acme", width=8)
    torch.manual_seed(3)
    assert_same(model, Wide(width=8))


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_for_no_classes_it_decides_itself_what_is_left_out(tensors):
    model = hubcore.get_model("acme", weights="DEFAULT", num_classes=0, features_only=True)
    assert model.state_dict().keys() == {"stem.weight", "stem.bias"}
    CALLS.clear()
    hubcore.get_model("acme", weights="DEFAULT", num_classes=0)
    assert True in CALLS
