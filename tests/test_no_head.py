"""`num_classes=0`: the trained body alone, where the architecture then has no head."""

import pytest
import torch
from third_parties import Plain, assert_same, offer
from torch import nn

import hubcore

pytestmark = pytest.mark.usefixtures("one_thread")


class Headless(nn.Module):
    """timm's convention."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 8, 8)
        self.fc = nn.Linear(16, num_classes) if num_classes else nn.Identity()


def strictly(weights=None, **kwargs):
    model = Headless(**kwargs)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict())
    return model


@pytest.mark.parametrize(
    ("build", "facts"),
    [
        (Headless, {}),
        (Headless, {"can_skip_initialisation": True}),
        (strictly, {"loads_weights": True}),
    ],
)
def test_no_classes_give_the_trained_body_alone(build, facts, tmp_path):
    torch.manual_seed(0)
    tensors = Headless().state_dict()
    torch.save(tensors, tmp_path / "w.pth")
    expected = Headless(0)
    expected.load_state_dict({key: t for key, t in tensors.items() if not key.startswith("fc.")})
    with offer(tmp_path / "w.pth", f"{__name__}:{build.__name__}", **facts):
        ours = hubcore.get_model("acme", weights="DEFAULT", num_classes=0)
    assert_same(ours, expected)
    report = hubcore.load_report(ours)
    assert report.loaded == ("stem.weight", "stem.bias")
    assert report.new == ()


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_an_architecture_that_keeps_its_head_gets_an_empty_one(tmp_path):
    torch.save(Plain().state_dict(), tmp_path / "w.pth")
    with offer(tmp_path / "w.pth", "third_parties:Plain"):
        ours = hubcore.get_model("acme", weights="DEFAULT", num_classes=0)
    assert ours.fc.weight.shape == (0, 16)
    assert hubcore.load_report(ours).new == ("fc.weight", "fc.bias")


class Backbone(nn.Module):
    """Takes no number of classes."""

    def __init__(self, form="vectors"):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 8, 8)
        self.form = form

    def forward(self, x):
        maps = self.stem(x)
        if self.form == "tokens":
            return maps.flatten(2).transpose(1, 2)
        return maps if self.form == "maps" else maps.mean((2, 3))


@pytest.mark.parametrize("form", ["vectors", "maps", "tokens"])
def test_a_backbone_whose_features_are_declared_gets_a_head(form, tmp_path):
    torch.manual_seed(0)
    tensors = Backbone().state_dict()
    torch.save(tensors, tmp_path / "w.pth")
    facts = {"meta": {}, "config": {"form": form}}
    with offer(tmp_path / "w.pth", f"{__name__}:Backbone", facts, head=[], features=16):
        model = hubcore.get_model("acme", weights="DEFAULT", num_classes=5)
        report = hubcore.load_report(model)
        alone = hubcore.get_model("acme", weights="DEFAULT")
        untrained = hubcore.get_model("acme", num_classes=3)
        none = hubcore.get_model("acme", weights="DEFAULT", num_classes=0)
    assert report.new == ("head.weight", "head.bias")
    assert report.loaded == ("backbone.stem.weight", "backbone.stem.bias")
    assert torch.equal(model.backbone.stem.weight, tensors["stem.weight"])
    x = torch.rand(2, 3, 16, 24)
    with torch.inference_mode():
        features = model.backbone.stem(x).mean((2, 3))
        torch.testing.assert_close(model(x), model.head(features))
    assert untrained.head.out_features == 3
    assert hubcore.load_report(untrained) is None
    assert type(none) is type(alone) is Backbone


@pytest.mark.parametrize("classes", ["5", -1, True])
def test_what_is_no_number_of_classes_is_refused(classes, tmp_path):
    torch.save(Backbone().state_dict(), tmp_path / "w.pth")
    with (
        offer(tmp_path / "w.pth", f"{__name__}:Backbone", {"meta": {}}, head=[], features=16),
        pytest.raises(hubcore.HubError, match="num_classes is a whole number"),
    ):
        hubcore.get_model("acme", weights="DEFAULT", num_classes=classes)
    with pytest.raises(hubcore.HubError, match="num_classes is a whole number"):
        hubcore.get_model("squeezenet1_1", num_classes=classes)
