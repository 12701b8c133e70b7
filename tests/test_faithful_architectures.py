"""Whatever an architecture does, the model is as torch makes it; what `hub check` says of it."""

import pytest
import torch
from third_parties import (
    ARCHITECTURES,
    Alias,
    Derived,
    Flagged,
    Half,
    Listed,
    Normed,
    Plain,
    Random,
    Strided,
    Tied,
    assert_same,
    offer,
    path_of,
)

import hubcore
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_a_third_partys_model_is_as_torch_makes_it(cls, tmp_path):
    """The random state after it too."""
    torch.manual_seed(0)
    torch.save(cls().state_dict(), tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = cls()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    state = torch.get_rng_state()
    with offer(tmp_path / "w.pth", path_of(cls)):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT")
        assert torch.equal(torch.get_rng_state(), state)
        assert_same(ours, expected)


@pytest.mark.parametrize(
    ("cls", "declared"),
    [(cls, {}) for cls in (Tied, Flagged, Half, Listed, Derived, Strided, Normed)]
    + [(cls, {"can_skip_initialisation": True}) for cls in (Plain, Tied, Flagged, Listed, Normed)],
)
def test_a_third_partys_model_with_a_new_head_is_as_torch_makes_it(cls, declared, tmp_path):
    """Also where the initialisation could be skipped: the head's numbers are drawn as ever."""
    torch.manual_seed(0)
    tensors = cls().state_dict()
    torch.save(tensors, tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = cls(num_classes=4)
    body = {key: value for key, value in tensors.items() if not key.startswith("fc.")}
    expected.load_state_dict(body, strict=False)
    with offer(tmp_path / "w.pth", path_of(cls), **declared):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT", num_classes=4)
    assert_same(ours, expected)
    head = tuple(key for key in expected.state_dict() if key.startswith("fc."))
    assert hubcore.load_report(ours).new == head


@pytest.mark.parametrize("declared", [{}, {"can_skip_initialisation": True}])
def test_weights_of_a_backbone_take_a_new_head(declared, tmp_path):
    torch.manual_seed(0)
    body = {key: value for key, value in Plain().state_dict().items() if "fc." not in key}
    torch.save(body, tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = Plain(num_classes=4)
    expected.load_state_dict(body, strict=False)
    facts = {"meta": {"num_classes": 0}}
    with offer(tmp_path / "w.pth", path_of(Plain), facts, **declared):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT", num_classes=4)
    assert_same(ours, expected)
    assert hubcore.load_report(ours).new == ("fc.weight", "fc.bias")


def build(*, weights=None, progress=True, num_classes=10):
    """A third party's multi-weight builder."""
    model = Derived(num_classes)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model


def test_a_third_partys_multi_weight_builder_is_left_as_it_is(tmp_path):
    torch.save(Derived().state_dict(), tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = Derived()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    with offer(tmp_path / "w.pth", f"{__name__}:build", loads_weights=True):
        torch.manual_seed(1)
        assert_same(hubcore.get_model("acme", weights="DEFAULT"), expected)
        new = hubcore.get_model("acme", weights="DEFAULT", num_classes=3)
    assert torch.equal(new.stem.weight, expected.stem.weight)
    assert 0 < new.start.abs().max() <= 0.25


def faults_of(cls, path, **model):
    torch.save(cls().state_dict(), path)
    with offer(path, path_of(cls), **model):
        found = CHECKS["faithful"](Subject.of_plugin("acme"))
        return [str(finding) for finding in found if isinstance(finding, Fault)]


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_hub_check_finds_every_architecture_faithful(cls, tmp_path):
    assert faults_of(cls, tmp_path / "w.pth") == []


@pytest.mark.parametrize("cls", [Plain, Tied, Flagged, Listed, Normed, Alias])
def test_a_declaration_is_found_true(cls, tmp_path):
    """The initialisation is skipped indeed, and the tensors are copied."""
    assert faults_of(cls, tmp_path / "w.pth", can_skip_initialisation=True) == []
    with offer(tmp_path / "w.pth", path_of(cls), can_skip_initialisation=True):
        before = torch.get_rng_state()
        ours = hubcore.get_model("acme", weights="DEFAULT")
    assert torch.equal(torch.get_rng_state(), before)
    expected = cls()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    assert_same(ours, expected)


@pytest.mark.parametrize(
    ("cls", "problem"),
    [(Derived, "start has other values"), (Random, "noise has other values"),
     (Half, "draws random numbers"), (Strided, "draws random numbers")],
)  # fmt: skip
def test_a_declaration_is_found_false(cls, problem, tmp_path):
    faults = "\n".join(faults_of(cls, tmp_path / "w.pth", can_skip_initialisation=True))
    assert problem in faults
    assert 'remove "can_skip_initialisation"' in faults
