"""Weights without classes give features, and their models take a head."""

import json

import pytest
import timm
import torch
from environments import write_dist_info
from PIL import Image
from seeded_timm import DATA, pinned

import hubcore
from hubcore.catalogs.index import refresh
from hubcore.catalogs.tasks import all_tasks
from hubcore.testing import CHECKS, Fault, Subject

TASK = "image-features"


@pytest.fixture(autouse=True)
def task_is_installed(tmp_path, monkeypatch):
    """As by hub-timm, which need not be."""
    if not any(task.name == TASK for task in all_tasks()):
        site = tmp_path / "site"
        site.mkdir()
        entry = f"[hubcore.tasks]\n{TASK} = hub_timm.tasks:ImageFeatures\n"
        write_dist_info(site, "hub_timm_tasks", entry)
        monkeypatch.syspath_prepend(str(site))
        refresh()


@pytest.mark.parametrize("name", ["eva02_tiny_patch14_224.mim_in22k", "convnextv2_atto.fcmae"])
def test_prediction_gives_the_features_and_no_classes(name, tmp_path):
    image = Image.radial_gradient("L").convert("RGB")
    with pinned(name, tmp_path) as (ours, path):
        weights = hubcore.get_model_weights(ours).DEFAULT
        [found] = hubcore.predict(ours, image)
        peer = timm.create_model(
            name, pretrained=True, pretrained_cfg_overlay={"file": str(path)}
        ).eval()
        with torch.inference_mode():
            expected = peer(weights.transforms()(image)[None])[0]
    assert weights.value.task == TASK
    torch.testing.assert_close(torch.tensor(found.values), expected)
    [shown] = json.loads(json.dumps(found.annotations()))
    assert len(shown["features"]) == expected.numel()
    assert f"{expected.numel()} features" in str(found)


def test_weights_without_classes_are_those_with_the_task():
    """None whose outputs are no classes is called a classifier; CLIP's projections are none."""
    members = {e["builder"]: e["members"]["PRETRAINED"] for e in DATA["weights"].values()}
    named = {name for name, member in members.items() if member.get("task") == TASK}
    sizes = {name: member["meta"].get("num_classes") for name, member in members.items()}
    assert {name for name, size in sizes.items() if size == 0} <= named
    assert "vit_base_patch16_clip_224.openai" in named
    assert not {name for name in named if sizes[name] is None}
    assert {DATA["models"][name]["task"] for name in named} == {"image-classification"}


@pytest.mark.parametrize(
    ("shape", "places"), [((2, 3), ()), ((2, 3, 4, 5), (2, 3)), ((2, 7, 3), (1,))]
)
def test_maps_and_tokens_are_averaged_over_their_places(shape, places):
    from hub_timm.tasks import ImageFeatures

    output = torch.rand(shape)
    expected = output.mean(places) if places else output
    samples = [type("Sample", (), {"size": (8, 8)})] * 2
    found = ImageFeatures.results(None, output, [None] * 2, samples)
    for one, vector in zip(found, expected, strict=True):
        torch.testing.assert_close(torch.tensor(one.values), vector)


def test_the_task_passes_the_conformance_kit():
    subject = Subject.of_plugin("hub-timm") if installed() else None
    if subject is None:
        pytest.skip("hub-timm is not installed")
    assert not [found for found in CHECKS["tasks"](subject) if isinstance(found, Fault)]


def installed():
    return any(plugin.distribution == "hub-timm" for plugin in hubcore.plugins())


@pytest.mark.sweep
def test_an_encoder_without_a_head_gets_a_linear_one_on_its_tokens(tmp_path):
    name = "qwen3_vit_88m_enc.qwen3_5_0_8b"
    with pinned(name, tmp_path) as (ours, _):
        model = hubcore.get_model(ours, weights="DEFAULT", num_classes=5).eval()
    assert hubcore.load_report(model).new == ("head.weight", "head.bias")
    x = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        tokens = model.backbone(x)
        torch.testing.assert_close(model(x), model.head(tokens.mean(1)))
