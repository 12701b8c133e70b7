"""Whatever model the hub can build, it can pack, load again, and give a new head."""

import json
import warnings

import pytest
import torch
import torchvision
from seeding import no_backbone
from torch import nn

import hubcore
from hubcore.authoring.packing import Recipe, make_project
from hubcore.catalogs.names import find_model
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

FIVE = ["daisy", "rose", "tulip", "lily", "iris"]
NO_AUX = {"aux_logits": False, "init_weights": False}
AUX = {"aux_logits": True, "init_weights": False}

MODELS = [
    ("vit_b_32", {"image_size": 96}),
    ("vit_b_32", {"image_size": 256}),
    ("swin_v2_t", {}),
    ("maxvit_t", {}),
    ("maxvit_t", {"input_size": (448, 448)}),
    ("googlenet", AUX),
    ("googlenet", NO_AUX),
    ("inception_v3", AUX),
    ("inception_v3", NO_AUX),
    ("mobilenet_v3_small", {}),
    ("fcn_resnet50", {"aux_loss": True}),
    ("fcn_resnet50", {"aux_loss": False}),
    ("deeplabv3_mobilenet_v3_large", {"aux_loss": True}),
    ("deeplabv3_mobilenet_v3_large", {"aux_loss": False}),
    ("lraspp_mobilenet_v3_large", {}),
    ("keypointrcnn_resnet50_fpn", {"num_keypoints": 7}),
    ("keypointrcnn_resnet50_fpn", {}),
    ("ssdlite320_mobilenet_v3_large", {}),
    ("detr_resnet50", {}),
    ("mvit_v1_b", {}),
    ("mvit_v2_s", {}),
    ("r3d_18", {}),
    ("quantized_mobilenet_v2", {}),
    ("quantized_googlenet", NO_AUX),
    ("quantized_resnet18", {"quantize": True}),
    ("quantized_googlenet", {**NO_AUX, "quantize": True}),
    ("quantized_inception_v3", {**AUX, "quantize": True}),
    ("quantized_inception_v3", {**NO_AUX, "quantize": True}),
    ("raft_small", {}),
]

# One of each kind; the sweep takes them all.
CHOSEN = [
    ("vit_b_32", {"image_size": 96}),
    ("maxvit_t", {}),
    ("googlenet", NO_AUX),
    ("inception_v3", AUX),
    ("deeplabv3_mobilenet_v3_large", {"aux_loss": True}),
    ("keypointrcnn_resnet50_fpn", {"num_keypoints": 7}),
    ("mvit_v1_b", {}),
    ("quantized_mobilenet_v2", {}),
    ("quantized_resnet18", {"quantize": True}),
    ("raft_small", {}),
]


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def packed(tmp_path):
    """Packs a model's tensors as `hub pack` does, and offers the package's catalogue."""

    def pack(name, model):
        path = tmp_path / "best.pth"
        torch.save(model.state_dict(), path)
        labels = FIVE if find_model(name).head else []
        make_project(
            Recipe(path, name, labels, "acme-best", url="https://files.acme.org/best.pth"),
            tmp_path / "source",
        )
        default_store().add(path)
        catalog = tmp_path / "source" / "acme_best" / "catalog.json"
        hubcore.register(catalog, name="acme-best")
        return json.loads(catalog.read_text())["weights"]["AcmeBest_Weights"]["members"]["V1"]

    return pack


def same(ours, theirs):
    if not isinstance(theirs, torch.Tensor):
        return str(ours) == str(theirs)
    if theirs.is_quantized:
        ours, theirs = ours.dequantize(), theirs.dequantize()
    return ours.dtype == theirs.dtype and torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        pytest.param(*case, id=f"{case[0]}-{case[1]}", marks=[pytest.mark.sweep] * (not chosen))
        for case, chosen in ((case, case in CHOSEN) for case in MODELS)
    ],
)
def test_packed_loaded_again_and_given_a_new_head(name, config, packed):
    entry = find_model(name)
    classes = {"num_classes": 5} if entry.head else {}
    torch.manual_seed(0)
    source = hubcore.get_model(name, **config, **classes, **no_backbone(name))
    member = packed(name, source)
    assert "categories" in member["meta"] or not entry.head

    model = hubcore.get_model(name, weights="acme-best/AcmeBest_Weights.V1")
    expected = source.state_dict()
    ours = model.state_dict()
    # A detector's frozen normalisation has no counters.
    dropped = {key for key in expected if key not in ours and "num_batches" not in key}
    assert {key.partition(".")[0] for key in dropped} <= {"aux1", "aux2", "AuxLogits"}
    assert set(ours) <= set(expected)
    assert [key for key in ours if not same(ours[key], expected[key])] == []
    if config in (AUX, {**AUX, "quantize": True}):
        assert (not dropped) == (name == "inception_v3")  # the others' builders drop them

    if entry.head:
        new = hubcore.get_model(name, weights="acme-best/AcmeBest_Weights.V1", num_classes=3)
        report = hubcore.load_report(new)
        heads = tuple(f"{path}." for path in entry.head)
        assert report.new
        assert all(key.startswith(heads) for key in report.new)
        state = new.state_dict()
        assert all(same(state[key], expected[key]) for key in report.loaded)


@pytest.mark.parametrize("name", ["googlenet", "deeplabv3_mobilenet_v3_large"])
def test_weights_without_auxiliary_heads_are_loaded_as_torch_loads_them(name, packed):
    """Into the model without them; asking for them is an error that names them."""
    entry = find_model(name)
    arguments = entry.variants[0]["arguments"]
    source = hubcore.get_model(name, num_classes=5, **arguments, **no_backbone(name))
    packed(name, source)
    from hubcore.testing.comparison import differences

    with torch.no_grad():
        expected = torchvision.models.get_model(
            name, num_classes=5, **arguments, **no_backbone(name)
        )
    expected.load_state_dict(source.state_dict())
    weights = hubcore.get_weight("acme-best/AcmeBest_Weights.V1")
    assert list(differences(hubcore.get_model(name, weights=weights), expected)) == []
    (argument,) = (a for a in arguments if a.startswith("aux"))
    with pytest.raises(hubcore.errors.WeightsError, match="aux"):
        hubcore.get_model(name, weights=weights, **{argument: True})


def test_what_was_packed_passes_hub_check(packed):
    packed("vit_b_32", hubcore.get_model("vit_b_32", image_size=96, num_classes=5))
    subject = Subject.of_plugin("acme-best")
    found = [f for name in ("parameters", "head", "faithful") for f in CHECKS[name](subject)]
    assert [str(finding) for finding in found if isinstance(finding, Fault)] == []
    assert isinstance(hubcore.get_model("vit_b_32", weights="AcmeBest_Weights.V1"), nn.Module)
