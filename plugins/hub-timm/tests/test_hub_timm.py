"""timm's models through the hub: what the catalogue says is what timm says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import timm.data
import torch
from environments import ROOT, Environment, build_wheel, needs_checkout
from PIL import Image
from seeded_timm import CATALOG, DATA, seeded, smallest_of_each_module
from servers import FaultyServer

import hubcore
from hubcore.errors import MissingDigestError
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, Subject, examine

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def registered():
    """hub-timm is offered, as installed or else from here."""
    if any(plugin.distribution == "hub-timm" for plugin in hubcore.plugins()):
        yield
        return
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
    # timm measured them with larger images than their preprocessing makes.
    larger = "ImageNet-1K at 288 px, crop 1"
    assert weights.meta["_metrics"] == {larger: {"acc@1": 81.214, "acc@5": 95.102}}
    weights = hubcore.get_model_weights("resnet50.tv_in1k").DEFAULT
    assert weights.meta["_metrics"] == {"ImageNet-1K": {"acc@1": 76.13, "acc@5": 92.858}}
    assert "_metrics" not in hubcore.get_model_weights("test_vit.r160_in1k").DEFAULT.meta


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
