"""timm's models through the hub: what the catalogue says is what timm says."""

import json
import subprocess
import sys
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import timm
import timm.data
import torch
from environments import ROOT, Environment, build_wheel, needs_checkout
from PIL import Image
from servers import FaultyServer

import hubcore
from hubcore.errors import MissingDigestError
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, Subject, examine

PROJECT = Path(__file__).parents[1]
CATALOG = PROJECT / "hub_timm" / "catalog.json"
DATA = json.loads(CATALOG.read_text("utf-8"))


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.syspath_prepend(str(PROJECT))
    hubcore.refresh()
    yield
    hubcore.refresh()


@pytest.fixture
def registered():
    with hubcore.register(CATALOG, name="hub-timm", trust=True):
        yield


def test_there_are_thousands_of_entries_under_timms_names(registered):
    names = hubcore.list_models(plugin="hub-timm")
    assert len(names) > 1700
    assert "resnet50.a1_in1k" in names
    assert len(hubcore.list_weights(plugin="hub-timm")) == len(names)
    # timm's names change nothing about ours.
    assert hubcore.get_model_weights("resnet50").__name__ == "ResNet50_Weights"


@needs_checkout
@pytest.mark.skipif(DATA["_timm"] != timm.__version__, reason="made from another release of timm")
def test_the_catalogue_is_what_the_script_makes_of_timms_configurations():
    script = ROOT / "scripts" / "timm_catalog.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "no differences", done.stdout + done.stderr


def test_weights_carry_what_timm_publishes(registered):
    weights = hubcore.get_model_weights("resnet50.a1_in1k").DEFAULT
    assert weights.value.license == "Apache-2.0"
    assert weights.value.file.digest == "14fe96d1"
    assert weights.meta["num_params"] == 25557032
    assert len(weights.meta["categories"]) == 1000
    assert "_metrics" not in weights.meta  # timm's package has none


@pytest.mark.parametrize(
    "name",
    [
        "resnet50.a1_in1k",
        "resnet18.tv_in1k",  # bilinear
        "vit_base_patch16_clip_224.openai",
        "beitv2_base_patch16_224.in1k_ft_in1k",
        "convnext_tiny.in12k_ft_in1k_384",  # squashed
        "tf_efficientnet_lite0.in1k",
    ],
)
def test_preprocessing_is_timms(registered, name):
    photo = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (500, 700, 3), dtype=np.uint8)
    ).resize((640, 480))
    cfg = timm.data.resolve_data_config({}, pretrained_cfg=timm.get_pretrained_cfg(name).to_dict())
    expected = timm.data.create_transform(**cfg, is_training=False)(photo)
    preprocess = hubcore.get_model_weights(name).DEFAULT.transforms()
    torch.testing.assert_close(preprocess(photo), expected, rtol=0, atol=2e-6)


def seeded(name, server, tensors, tmp_path):
    """timm's entry with a file of ours behind an address of ours."""
    path = tmp_path / f"{name}.pth"
    torch.save(tensors, path)
    enum = DATA["models"][name]["weights"]
    entry = deepcopy(DATA["weights"][enum])
    member = entry["members"]["PRETRAINED"]
    member["url"] = server.serve(f"/{name}/model.pth", path.read_bytes())
    member["sha256"] = None
    return hubcore.register(
        {**DATA, "models": {name: DATA["models"][name]}, "weights": {enum: entry}},
        name="seeded",
        trust=True,  # it names timm, which is not of the running program
    )


@pytest.mark.parametrize("wrapped", [False, True], ids=["timm's names", "timm's conversion"])
def test_a_model_is_timms_given_the_same_tensors(tmp_path, wrapped):
    """Also from a file that needs timm's own conversion, as early releases do."""
    name = "test_vit.r160_in1k"
    torch.manual_seed(0)
    peer = timm.create_model(name).eval()
    tensors = peer.state_dict()
    if wrapped:
        tensors = {"model": tensors}
    with FaultyServer() as server, seeded(name, server, tensors, tmp_path):
        weights = hubcore.get_model_weights(f"seeded/{name}").DEFAULT
        path = weights.download(check_hash=False, progress=False)
        default_store().pin(weights.url, path.name)
        model = hubcore.get_model(f"seeded/{name}", weights=weights).eval()
        tuned = hubcore.get_model(f"seeded/{name}", weights=weights, num_classes=10)
    x = torch.rand(2, 3, 160, 160)
    with torch.inference_mode():
        assert torch.equal(model(x), peer(x))
    assert tuned(x).shape == (2, 10)
    assert set(hubcore.load_report(tuned).new) == {"head.weight", "head.bias"}
    assert torch.equal(tuned.blocks[0].attn.qkv.weight, peer.blocks[0].attn.qkv.weight)


@contextmanager
def pinned(name, tmp_path):
    """The canonical name of timm's entry with a seeded file at hand; and the tensors in it."""
    torch.manual_seed(0)
    tensors = timm.create_model(name).state_dict()
    with FaultyServer() as server, seeded(name, server, tensors, tmp_path):
        weights = hubcore.get_model_weights(f"seeded/{name}").DEFAULT
        path = weights.download(check_hash=False, progress=False)
        default_store().pin(weights.url, path.name)
        yield f"seeded/{name}", tensors


def assert_is_timms(name, tmp_path, arguments):
    """The hub's model with these arguments is the one that timm makes of the same file."""
    with pinned(name, tmp_path) as (ours, tensors):
        torch.manual_seed(1)
        built = hubcore.get_model(ours, weights="DEFAULT", **arguments).eval()
        report = hubcore.load_report(built)
    torch.manual_seed(1)
    peer = timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay={"state_dict": dict(tensors)}, **arguments
    ).eval()
    theirs = peer.state_dict()
    assert list(built.state_dict()) == list(theirs)
    for key, value in built.state_dict().items():
        assert torch.equal(value, theirs[key]), key
    # Whatever timm's own tensors were not made from is called new.
    torch.manual_seed(2)
    other = timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay={"state_dict": dict(tensors)}, **arguments
    ).state_dict()
    random = {key for key in theirs if not torch.equal(theirs[key], other[key])}
    assert random <= set(report.new)
    assert not set(report.new) - random - {key for key in theirs if key.endswith(".bias")}
    assert "state_dict" not in built.pretrained_cfg
    return built, peer


ARGUMENTS = [
    ("test_resnet.r160_in1k", {"in_chans": 1}),
    ("test_resnet.r160_in1k", {"in_chans": 5, "num_classes": 7}),
    ("test_resnet.r160_in1k", {"num_classes": 0, "global_pool": ""}),
    ("test_resnet.r160_in1k", {"features_only": True, "out_indices": (1, 3)}),
    ("test_vit.r160_in1k", {"img_size": 96, "drop_path_rate": 0.1}),
    ("test_vit.r160_in1k", {"global_pool": "", "num_classes": 0, "in_chans": 4}),
    ("test_vit.r160_in1k", {"features_only": True}),
    ("test_convnext.r160_in1k", {"in_chans": 2, "drop_path_rate": 0.2}),
]


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS)
def test_arguments_pass_through_and_give_timms_tensors(name, arguments, tmp_path):
    built, peer = assert_is_timms(name, tmp_path, arguments)
    size = arguments.get("img_size", 160)
    x = torch.rand(1, arguments.get("in_chans", 3), size, size)
    with torch.inference_mode():
        found, expected = built(x), peer(x)
    if not isinstance(found, list):
        found, expected = [found], [expected]
    assert [y.shape for y in found] == [y.shape for y in expected]
    assert all(map(torch.equal, found, expected))


def test_a_backbone_without_classes_gets_a_head(tmp_path):
    name = next(
        name
        for name, entry in DATA["models"].items()
        if name.startswith("vit_small_patch14_dinov2") and entry["head"]
    )
    with pinned(name, tmp_path) as (ours, tensors):
        tuned = hubcore.get_model(ours, weights="DEFAULT", num_classes=5)
        assert set(hubcore.load_report(tuned).new) == {"head.weight", "head.bias"}
        plain = hubcore.get_model(ours, weights="DEFAULT")
    assert tuned.head.weight.shape == (5, 384)
    assert plain.state_dict().keys() == tensors.keys()


def test_a_file_without_a_published_digest_is_used_once_the_user_has_pinned_it(tmp_path):
    """Having fetched it unchecked does not make it known."""
    name = "test_resnet.r160_in1k"
    tensors = timm.create_model(name).state_dict()
    with FaultyServer() as server, seeded(name, server, tensors, tmp_path):
        weights = hubcore.get_model_weights(f"seeded/{name}").DEFAULT
        with pytest.raises(MissingDigestError, match="check_hash=False"):
            hubcore.get_model(f"seeded/{name}", weights=weights)
        path = weights.download(check_hash=False, progress=False)
        with pytest.raises(MissingDigestError, match="hub cache pin"):
            hubcore.get_model(f"seeded/{name}", weights=weights)
        default_store().pin(weights.url, path.name)
        hubcore.get_model(f"seeded/{name}", weights=weights)
        path.unlink()
        server.serve(f"/{name}/model.pth", b"something else")
        with pytest.raises(hubcore.HubError, match="SHA-256"):
            weights.download(progress=False)


@pytest.mark.sweep
def test_timms_small_models_pass_the_conformance_kit(registered):
    """A model of each of a dozen families of architectures."""
    subject = Subject.of_plugin("hub-timm", ["test_*"])
    assert len(subject.models) >= 10
    ignored = {"imports", "loading"}  # not installed here; without files
    faults = {
        name: [str(f) for f in findings if isinstance(f, Fault)]
        for name, findings in examine(subject)
        if name not in ignored
    }
    assert not any(faults.values()), faults


def smallest_of_each_module():
    """One name for each of timm's modules of architectures: that of its smallest model."""
    modules = timm.models._registry._model_to_module
    sizes = {
        entry["builder"]: entry["members"]["PRETRAINED"]["meta"].get("num_params", 0)
        for entry in DATA["weights"].values()
    }
    chosen = {}
    for name in sorted(DATA["models"], key=lambda name: sizes.get(name, 0)):
        chosen.setdefault(modules.get(name.partition(".")[0]), name)
    return sorted(chosen.values())


@pytest.mark.sweep
@pytest.mark.parametrize("name", smallest_of_each_module())
def test_each_of_timms_architectures_adapts_to_one_channel_and_other_classes(name, tmp_path):
    """timm's tensors, or the same error where timm does not make such a model."""
    try:
        timm.create_model(name, in_chans=1, num_classes=3)
    except Exception as error:
        with pinned(name, tmp_path) as (ours, _), pytest.raises(type(error)):
            hubcore.get_model(ours, weights="DEFAULT", in_chans=1, num_classes=3)
    else:
        assert_is_timms(name, tmp_path, {"in_chans": 1, "num_classes": 3})


@pytest.mark.sweep
@pytest.mark.parametrize("name", smallest_of_each_module())
def test_each_of_timms_architectures_is_faithful(name, registered):
    found = CHECKS["faithful"](Subject.of_plugin("hub-timm", [name]))
    assert [str(finding) for finding in found] == []


@needs_checkout
def test_installed_it_is_listed_and_shown_without_timm_or_torch(tmp_path):
    environment = Environment(tmp_path / "environment")
    environment.install(build_wheel(ROOT, tmp_path / "a"), build_wheel(PROJECT, tmp_path / "b"))
    done = environment.run(
        "import sys, hubcore\n"
        "print(*hubcore.list_models('resnet50.a[123]_in1k'))\n"
        "member = hubcore.get_weight('resnet50_a1_in1k_Weights.DEFAULT')\n"
        "print(member.meta['num_params'], member.value.license)\n"
        "print(sorted({'torch', 'timm', 'numpy', 'hub_timm'} & set(sys.modules)))"
    )
    assert done.stdout.splitlines() == [
        "resnet50.a1_in1k resnet50.a2_in1k resnet50.a3_in1k",
        "25557032 Apache-2.0",
        "[]",
    ], done.stderr
    shown = environment.hub("show", "hub-timm/resnet50_a1_in1k_Weights.DEFAULT")
    assert "Apache-2.0" in shown.stdout, shown.stderr
