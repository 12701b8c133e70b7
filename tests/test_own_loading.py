"""Architectures that load their weights themselves, strictly or not, and what is said of it."""

import pytest
import torch
from third_parties import Plain, assert_same, offer

import hubcore
from hubcore.errors import WeightsError
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
