"""Architectures that load their weights themselves, strictly or not, and what is said of it."""

import pytest
import torch
from PIL import Image
from third_parties import Base, Plain, assert_same, offer, path_of

import hubcore
from hubcore.errors import WeightsError
from hubcore.prediction import PredictionError
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

BODY = {"stem.weight", "stem.bias"}
HEAD = {"fc.weight", "fc.bias"}


def loosely(weights: "OnlyForTypeCheckers" = None, *args, **kwargs):  # noqa: F821  # as published
    """TorchGeo's pattern: no `progress`, not strict."""
    model = Plain(*args, **kwargs)
    if weights:
        model.load_state_dict(weights.get_state_dict(progress=True), strict=False)
    return model


def renaming(weights=None, **kwargs):
    model = Plain(**kwargs)
    if weights:
        tensors = weights.get_state_dict()
        model.load_state_dict({key.removeprefix("net."): t for key, t in tensors.items()})
    return model


def piecewise(weights=None):
    """Loads parts and other dtypes, and initialises a part again."""
    model = Plain()
    if weights:
        tensors = weights.get_state_dict()
        with torch.no_grad():
            model.stem.weight[:8].copy_(tensors["half"])
            model.stem.bias.data = torch.cat([tensors["a"], tensors["b"]]).float()
            model.fc.weight.copy_(tensors["fc.weight"])
            torch.nn.init.normal_(model.fc.weight)
            model.fc = torch.nn.Linear(16, 10)
    return model


def assigning(weights=None, progress=None, num_classes=10):
    model = Plain(num_classes)
    if weights:
        assert progress is False
        model.load_state_dict(weights.get_state_dict(), strict=False, assign=True)
    return model


def deaf(weights=None):
    return Plain()


def body():
    torch.manual_seed(0)
    return {key: tensor for key, tensor in Plain().state_dict().items() if key in BODY}


@pytest.mark.parametrize("declared", [{}, {"can_skip_initialisation": True}])
@pytest.mark.parametrize("head", [[], ["fc"]])
@pytest.mark.parametrize("classes", [10, 4])
def test_what_a_loose_load_leaves_out_is_initialised_and_reported(
    declared, head, classes, tmp_path
):
    """Nothing is skipped, whatever the catalogue declares."""
    tensors = body()
    asked = {} if classes == 10 else {"num_classes": classes}
    torch.manual_seed(1)
    expected = Plain(**asked)
    expected.load_state_dict(tensors, strict=False)
    facts = {"head": head, **declared}
    torch.save(tensors, tmp_path / "w.pth")
    with offer(
        tmp_path / "w.pth", f"{__name__}:loosely", {"meta": {}}, loads_weights=True, **facts
    ):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT", **asked)
        assert hubcore.get_model("acme").fc.out_features == 10
    assert_same(ours, expected)
    report = hubcore.load_report(ours)
    assert set(report.loaded) == BODY
    assert set(report.new) == HEAD


@pytest.mark.parametrize("build", [loosely, assigning])
def test_all_tensors_of_a_whole_file_are_reported(build, tmp_path):
    """`progress` reaches the builder that names it, and no other."""
    torch.save(Plain().state_dict(), tmp_path / "w.pth")
    with offer(tmp_path / "w.pth", f"{__name__}:{build.__name__}", loads_weights=True):
        report = hubcore.load_report(hubcore.get_model("acme", weights="DEFAULT", progress=False))
    assert set(report.loaded) == BODY | HEAD
    assert report.new == ()


def test_tensors_are_followed_through_other_names(tmp_path):
    torch.save({f"net.{k}": t for k, t in Plain().state_dict().items()}, tmp_path / "w.pth")
    with offer(tmp_path / "w.pth", f"{__name__}:renaming", {"meta": {}}, loads_weights=True):
        report = hubcore.load_report(hubcore.get_model("acme", weights="DEFAULT"))
    assert set(report.loaded) == BODY | HEAD


def test_tensors_are_followed_until_they_are_overwritten(tmp_path):
    tensors = {
        "half": torch.ones(8, 3, 8, 8),
        "a": torch.ones(8, dtype=torch.float64),
        "b": torch.ones(8, dtype=torch.float64),
        "fc.weight": torch.ones(10, 16),
    }
    torch.save(tensors, tmp_path / "w.pth")
    with offer(
        tmp_path / "w.pth", f"{__name__}:piecewise", {"meta": {}}, loads_weights=True, head=[]
    ):
        report = hubcore.load_report(hubcore.get_model("acme", weights="DEFAULT"))
    assert set(report.loaded) == BODY
    assert set(report.new) == HEAD


@pytest.mark.parametrize("build", [loosely, deaf])
def test_a_load_of_nothing_is_an_error(build, tmp_path):
    torch.save({"other.weight": torch.ones(3)}, tmp_path / "w.pth")
    with (
        offer(tmp_path / "w.pth", f"{__name__}:{build.__name__}", {"meta": {}}, loads_weights=True),
        pytest.raises(WeightsError, match="loaded none of the 1 tensors"),
    ):
        hubcore.get_model("acme", weights="DEFAULT")


@pytest.mark.parametrize("build", [loosely, assigning])
def test_hub_check_finds_own_loading_faithful(build, tmp_path):
    torch.save(Plain().state_dict(), tmp_path / "w.pth")
    with offer(tmp_path / "w.pth", f"{__name__}:{build.__name__}", loads_weights=True):
        found = list(CHECKS["faithful"](Subject.of_plugin("acme")))
    assert [finding for finding in found if isinstance(finding, Fault)] == []


class Renamed(Plain):
    """It loads older files in a way of its own, which takes no `strict`."""

    def load_state_dict(self, state_dict):
        for key in list(state_dict):
            if key.startswith("old_"):
                state_dict[key.removeprefix("old_")] = state_dict.pop(key)
        super().load_state_dict(state_dict)


class Loose(Plain):
    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict, strict=False)


def test_a_model_may_load_a_state_dict_in_its_own_way(tmp_path):
    """segmentation-models-pytorch's DenseNet encoders do: `strict` is passed where it is taken."""
    tensors = Plain().state_dict()
    torch.save({f"old_{key}": value for key, value in tensors.items()}, tmp_path / "old.pth")
    with offer(tmp_path / "old.pth", path_of(Renamed)):
        built = hubcore.get_model("acme", weights="DEFAULT")
    assert all(torch.equal(built.state_dict()[key], value) for key, value in tensors.items())
    assert hubcore.load_report(built).new == ()


def test_what_its_own_way_leaves_out_is_reported_and_never_uninitialised(tmp_path):
    torch.save({"stem.weight": torch.ones(16, 3, 8, 8)}, tmp_path / "part.pth")
    with offer(tmp_path / "part.pth", path_of(Loose)):
        built = hubcore.get_model("acme", weights="DEFAULT")
        assert set(hubcore.load_report(built).new) == {"stem.bias", "fc.weight", "fc.bias"}
    with (
        offer(tmp_path / "part.pth", path_of(Loose), can_skip_initialisation=True),
        pytest.raises(WeightsError, match="need not be strict"),
    ):
        hubcore.get_model("acme", weights="DEFAULT")


class Parts(Base):
    pass


def in_parts(weights=None, num_classes=10):
    """CROMA's pattern: a state dict for each part."""
    model = Parts(num_classes)
    if weights:
        tensors = weights.get_state_dict()
        model.stem.load_state_dict(tensors["stem"])
        model.fc.load_state_dict(tensors["fc"])
    return model


def test_a_file_may_hold_a_state_dict_for_each_part(tmp_path):
    model = Parts()
    parts = {"stem": model.stem.state_dict(), "fc": model.fc.state_dict()}
    torch.save(parts, tmp_path / "parts.pth")
    with offer(tmp_path / "parts.pth", f"{__name__}:in_parts", loads_weights=True):
        built = hubcore.get_model("acme", weights="DEFAULT")
        assert hubcore.load_report(built).new == ()
    assert torch.equal(built.fc.weight, model.fc.weight)


class Backbone(Base):
    def forward(self, x):
        return self.fc(self.stem(x).mean((2, 3)))


def loose_backbone(weights=None, **kwargs):
    model = Backbone(**kwargs)
    if weights:
        model.load_state_dict(weights.get_state_dict(), strict=False)
    return model


@pytest.mark.parametrize(
    ("build", "facts", "why"),
    [
        (loose_backbone, {"loads_weights": True}, "fc.weight is not from them"),
        (Backbone, {"head": []}, "the model has no head"),
    ],
)
def test_features_and_untrained_heads_are_not_shown_as_classes(build, facts, why, tmp_path):
    """No softmax of what is no class, unless the weights say how many classes they have."""
    tensors = Backbone().state_dict()
    if build is loose_backbone:
        tensors = {key: value for key, value in tensors.items() if key.startswith("stem")}
    torch.save(tensors, tmp_path / "backbone.pth")
    photo = Image.new("RGB", (40, 40))
    with (
        offer(tmp_path / "backbone.pth", path_of(build), {"meta": {}}, **facts),
        pytest.raises(PredictionError, match=f"features and no classes: {why}"),
    ):
        hubcore.predict("acme", photo)
    with offer(tmp_path / "backbone.pth", path_of(build), {"meta": {"num_classes": 10}}, **facts):
        assert len(hubcore.predict("acme", photo)[0].classes) == 5
