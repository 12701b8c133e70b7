"""timm's own arguments go with its weights, and give what ``timm.create_model`` gives."""

import re
import sys

import pytest
import timm
import torch
from environments import ROOT, needs_checkout
from seeded_timm import (
    DATA,
    assert_is_timms,
    assert_same_outputs,
    pinned,
    smallest_of_each_module,
)

import hubcore
from hub_timm.models import ArgumentsError
from hubcore.catalogs import index
from hubcore.errors import WeightsError

TINY = {
    "resnet": "test_resnet.r160_in1k",
    "vit": "test_vit.r160_in1k",
    "convnext": "test_convnext.r160_in1k",
}
FAMILIES = {
    "resnet": "resnet18.a1_in1k",
    "vit": "vit_tiny_patch16_224.augreg_in21k_ft_in1k",
    "swin": "swin_tiny_patch4_window7_224.ms_in1k",
    "convnext": "convnext_atto.d2_in1k",
    "efficientnet": "efficientnet_b0.ra_in1k",
    "mobilenetv3": "mobilenetv3_small_050.lamb_in1k",
    "regnet": "regnetx_002.pycls_in1k",
    "mixer": "resmlp_12_224.fb_in1k",
    "maxvit": "maxvit_tiny_rw_224.sw_in1k",
    "nfnet": "test_nfnet.r160_in1k",
    "levit": "levit_128s.fb_dist_in1k",
    "eva": "eva02_tiny_patch14_336.mim_in22k_ft_in1k",
}
ARGUMENTS = {
    "in_chans=1": {"in_chans": 1},
    "in_chans=5": {"in_chans": 5, "num_classes": 7},
    "num_classes=0": {"num_classes": 0},
    "features_only": {"features_only": True},
    "out_indices": {"features_only": True, "out_indices": (0, 2)},
    "img_size": {"img_size": 448},
    "global_pool": {"num_classes": 0, "global_pool": ""},
    "max pooling": {"global_pool": "max"},
    "drop_path_rate": {"drop_path_rate": 0.2},
}


def size_of(name):
    return timm.get_pretrained_cfg(name).input_size[-1]


def assert_gives_timms(name, tmp_path, arguments):
    """The same model, or an error where timm makes no such model: its own, or that of a misfit."""
    with pinned(name, tmp_path) as (ours, path):
        file = {"file": str(path)}
        try:
            timm.create_model(name, pretrained=True, pretrained_cfg_overlay=file, **arguments)
        except Exception as error:
            misfit = str(error).startswith("Error(s) in loading")
            said = "do not fit the model" if misfit else re.escape(str(error))
            expected = WeightsError if misfit else (ArgumentsError, RuntimeError)
            with pytest.raises(expected, match=said):
                hubcore.get_model(ours, weights="DEFAULT", **arguments)
            return
    built, peer = assert_is_timms(name, tmp_path, arguments)
    size = arguments.get("img_size", size_of(name))
    x = torch.rand(1, arguments.get("in_chans", 3), size, size)
    assert_same_outputs(built, peer, x)
    assert drop_rates(built) == drop_rates(peer)


def drop_rates(model):
    """How often each block of a model is left out in training."""
    return [m.drop_prob for m in model.modules() if type(m).__name__ == "DropPath"]


@pytest.mark.parametrize(
    ("family", "arguments"),
    [
        ("resnet", {"in_chans": 1}),
        ("resnet", {"in_chans": 5, "num_classes": 7}),
        ("resnet", {"num_classes": 0, "global_pool": ""}),
        ("resnet", {"features_only": True, "out_indices": (1, 3)}),
        ("vit", {"img_size": 96, "drop_path_rate": 0.1}),
        ("vit", {"global_pool": "", "num_classes": 0, "in_chans": 4}),
        ("vit", {"features_only": True}),
        ("convnext", {"in_chans": 2, "drop_path_rate": 0.2}),
        ("convnext", {"img_size": 96}),  # which timm refuses
    ],
)
def test_arguments_pass_through_and_give_timms_tensors(family, arguments, tmp_path):
    assert_gives_timms(TINY[family], tmp_path, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("resnet", {"features_only": True, "out_indices": (0, 99)}, "list index out of range"),
        ("vit", {"features_only": True, "out_indices": (0, 99)}, "out of range"),
        ("vit", {"img_size": 0}, "positive image size"),
        ("resnet", {"img_size": 96}, "unexpected keyword argument 'img_size'"),
        ("vit", {"num_classes": -1}, "num_classes is a whole number, 0 or more, not -1"),
        ("vit", {"in_chans": 0}, "positive whole number, not 0"),
    ],
)
def test_what_timm_does_not_make_is_said_with_the_model_and_the_arguments(
    name, arguments, said, tmp_path
):
    with pinned(TINY[name], tmp_path) as (ours, _):
        for weights in ("DEFAULT", None):
            with pytest.raises(hubcore.HubError, match=said):
                hubcore.get_model(ours, weights=weights, **arguments)


@pytest.mark.sweep
@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_argument_gives_timms_tensors_in_each_family(family, arguments, tmp_path):
    assert_gives_timms(FAMILIES[family], tmp_path, ARGUMENTS[arguments])


@needs_checkout
@pytest.mark.parametrize("arguments", [{"in_chans": 1}, {"features_only": True}])
def test_torch_hub_gives_the_same(arguments, tmp_path, monkeypatch):
    """torch.hub.load("owner/repo", "resnet18.a1_in1k", weights="DEFAULT", ...)."""
    monkeypatch.setattr(index, "_source_trees", [*index._source_trees])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", [*sys.path])

    def load(name, **config):
        # The first call brings the clone's hub-timm, so that ours is listed by its canonical name.
        torch.hub.load(str(ROOT), "get_model_weights", name="resnet18", source="local")
        [name] = hubcore.list_models(plugin="seeded")
        return torch.hub.load(str(ROOT), name, source="local", **config)

    built, peer = assert_is_timms(TINY["resnet"], tmp_path, arguments, load)
    assert_same_outputs(built, peer, torch.rand(1, arguments.get("in_chans", 3), 160, 160))


def test_a_backbone_without_classes_gets_a_head(tmp_path):
    name = next(
        name
        for name, entry in DATA["models"].items()
        if name.startswith("vit_small_patch14_dinov2") and entry["head"]
    )
    with pinned(name, tmp_path) as (ours, path):
        tuned = hubcore.get_model(ours, weights="DEFAULT", num_classes=5)
        assert set(hubcore.load_report(tuned).new) == {"head.weight", "head.bias"}
        plain = hubcore.get_model(ours, weights="DEFAULT")
    assert tuned.head.weight.shape == (5, 384)
    assert plain.state_dict().keys() == torch.load(path, weights_only=True).keys()


@pytest.mark.sweep
@pytest.mark.parametrize("name", smallest_of_each_module())
def test_each_of_timms_architectures_adapts_to_one_channel_and_other_classes(name, tmp_path):
    """timm's tensors, or the same error where timm does not make such a model."""
    arguments = {"in_chans": 1, "num_classes": 3}
    try:
        timm.create_model(name, **arguments)
    except Exception as error:
        with pinned(name, tmp_path) as (ours, _), pytest.raises((ArgumentsError, type(error))):
            hubcore.get_model(ours, weights="DEFAULT", **arguments)
    else:
        assert_is_timms(name, tmp_path, arguments)
