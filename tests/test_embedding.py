"""Embeddings and maps: what forward hooks of torch see, whatever the model's layout."""

import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

import hubcore
from hubcore.embedding import EmbeddingError
from hubcore.embedding.embedder import Embedder
from hubcore.embedding.shapes import as_map, as_vectors
from hubcore.errors import HubError

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from embedding_table import an_input, examined, random_model, size_of

CHEAP = ("mobilenet_v3_small", "vit_b_32", "fasterrcnn_mobilenet_v3_large_320_fpn", "r3d_18")
MORE = (
    "swin_t",
    "lraspp_mobilenet_v3_large",
    "quantized_mobilenet_v2",
    "googlenet",
    "detr_resnet50",
)


def head_inputs(model, names, run):
    """What modules are called with, by hooks of torch's own."""
    seen = []
    handles = [
        dict(model.named_modules())[name].register_forward_pre_hook(
            lambda _, given: seen.append(given[0].detach().clone())
        )
        for name in names
    ]
    run()
    for handle in handles:
        handle.remove()
    return seen


@pytest.mark.parametrize(
    "name", [*CHEAP, *(pytest.param(one, marks=pytest.mark.sweep) for one in MORE)]
)
def test_the_vector_is_the_input_of_the_declared_head(name):
    model, weights = random_model(name)
    task = hubcore.model_info(name).task
    embedder = Embedder(model, weights, task=task, workers=0)
    [made] = embedder(an_input(task))
    heads = embedder.layer.removeprefix("input of ").split(" + ")
    predictor = hubcore.prediction.Predictor(model, weights, task=task, workers=0)
    seen = head_inputs(model, heads, lambda: predictor(an_input(task)))
    parts = []
    for one in {tensor.sum().item(): tensor for tensor in seen}.values():
        one = one.dequantize() if one.is_quantized else one
        if one.ndim == 2:
            parts.append(one.mean(0))
        else:
            parts.append(one[0].mean(0) if one.ndim == 3 else one[0].flatten(1).mean(1))
    torch.testing.assert_close(made.vector, torch.cat(parts), rtol=1e-4, atol=1e-5)


def test_batches_and_threads_change_no_vector():
    """Threads share the model; none gets another's vector."""
    model, weights = random_model("mobilenet_v3_small")
    images = [torch.randint(0, 256, (3, 60, 80), dtype=torch.uint8) for _ in range(9)]
    alone = [one.vector for image in images for one in Embedder(model, weights, workers=0)([image])]
    together = Embedder(model, weights, workers=2, batch_size=2)(images)
    for one, two in zip(alone, together, strict=True):
        torch.testing.assert_close(one, two.vector, rtol=1e-4, atol=1e-5)


def test_a_layer_and_its_map():
    model, weights = random_model("mobilenet_v3_small")
    [image] = an_input("image-classification")
    [mean] = hubcore.embed(model, [image], weights=weights, layer="features.3")
    [whole] = hubcore.embed(model, [image], weights=weights, layer="features.3", spatial=True)
    torch.testing.assert_close(whole.vector.mean((1, 2)), mean.vector)
    with torch.no_grad():
        expected = model.features[:4](weights.transforms()(Image.fromarray(image))[None])
    torch.testing.assert_close(whole.vector, expected[0], rtol=1e-4, atol=1e-5)


def test_a_callers_module_keeps_no_hook():
    model, weights = random_model("mobilenet_v3_small")
    hubcore.embed(model, an_input("image-classification"), weights=weights)
    hubcore.features(model)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layer": "featurs"}, "no module 'featurs'.*Did you mean 'features'"),
        ({"engine": "onnxruntim"}, "onnxruntim"),
        ({"compile": True}, "compile="),
    ],
)
def test_what_cannot_be_done_is_said(options, words):
    model, weights = random_model("mobilenet_v3_small")
    with pytest.raises(HubError, match=words):
        Embedder(model, weights, **options)


def test_a_model_without_a_head_asks_for_a_layer_before_anything_is_downloaded(connections):
    with pytest.raises(EmbeddingError, match="declares no head of 'raft_small'"):
        hubcore.embed("raft_small", "a.png")
    assert not connections


def test_the_layout_is_told_from_the_image():
    image = (64, 96)
    first, last = torch.rand(2, 5, 8, 12), torch.rand(2, 8, 12, 5)
    assert torch.equal(as_map(first, 2, image), first)
    assert torch.equal(as_map(last, 2, image), last.permute(0, 3, 1, 2))
    torch.testing.assert_close(as_vectors(last, 2, image), last.mean((1, 2)))
    tokens = torch.rand(2, 1 + 4 * 6, 5)
    made = as_map(tokens, 2, image)
    assert made.shape == (2, 5, 4, 6)
    assert torch.equal(made[0, :, 1, 2], tokens[0, 1 + 6 + 2])
    assert as_map(torch.rand(2, 8, 393, 96), 2, image) is None  # attention, and no map
    assert as_vectors(torch.rand(7, 3), 2, image) is None


# -- Maps


@pytest.mark.parametrize(
    ("name", "layers", "expected"),
    [
        ("resnet18", None, [("relu", 64, 2), ("layer1", 64, 4), ("layer2", 128, 8),
                            ("layer3", 256, 16), ("layer4", 512, 32)]),
        ("vit_b_32", ["encoder.layers.encoder_layer_3"],
         [("encoder.layers.encoder_layer_3", 768, 32)]),
        ("swin_t", {"features.1": "early"}, [("early", 96, 4)]),
        pytest.param("swin_v2_t", None, [("features.1", 96, 4), ("features.3", 192, 8),
                                         ("features.5", 384, 16), ("permute", 768, 32)],
                     marks=pytest.mark.sweep),
        ("quantized_mobilenet_v2", ["features.6"], [("features.6", 32, 8)]),
        ("fasterrcnn_mobilenet_v3_large_320_fpn", ["backbone.body.12"],
         [("backbone.body.12", 112, 16)]),
    ],
)  # fmt: skip
def test_maps_are_those_of_the_modules(name, layers, expected):
    model, weights = random_model(name)
    maps = hubcore.features(model, layers, size=size_of(weights) or 224)
    assert [(one.name, one.channels, one.stride) for one in maps.info] == expected
    images = torch.rand(2, 3, 224, 224)
    found = maps(images)
    assert list(found) == [one.name for one in maps.info]
    seen = {}
    handles = [
        dict(model.named_modules())[one.module].register_forward_hook(
            lambda _, __, made, name=one.name: seen.__setitem__(name, made.detach())
        )
        for one in maps.info
    ]
    with torch.no_grad():
        model(list(images) if maps.model is model and "rcnn" in name else images)
    for handle in handles:
        handle.remove()
    for one in maps.info:
        value = seen[one.name]
        value = value.dequantize() if value.is_quantized else value
        assert found[one.name].shape[:2] == (2, one.channels)
        torch.testing.assert_close(
            found[one.name].mean((2, 3)), as_vectors(value, 2, (224, 224)) if value.ndim == 4
            else value[:, 1:].mean(1), rtol=1e-4, atol=1e-5,
        )  # fmt: skip


def test_the_stride_of_patches_of_14_pixels_is_14():
    """Maps of convolutions, whose sizes are rounded, have powers of 2; patches divide the image."""
    from torchvision.models import VisionTransformer

    model = VisionTransformer(140, 14, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=16)
    [info] = hubcore.features(model.eval(), size=140).info
    assert (info.module, info.channels, info.stride) == ("encoder", 16, 14)


def test_hooks_end_the_model_after_the_last_map():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 1, 1)

        def forward(self, images):
            made = self.body(images)
            if made.sum() > 0:  # no tracer follows this
                made = made + 1
            if images.shape[-1] == 48:
                raise AssertionError("the head was reached")
            return self.head(made)

    maps = hubcore.features(Net(), ["body"])
    assert not maps.is_traced
    assert maps(torch.rand(1, 3, 48, 48))["body"].shape == (1, 8, 24, 24)


@pytest.mark.parametrize(
    ("layers", "words"), [(["fc"], "gives no map"), (["layr1"], "no module"), ("layer1", "a list")]
)
def test_wrong_layers_are_said(layers, words):
    with pytest.raises(HubError, match=words):
        hubcore.features("resnet18", layers, weights=None)


@pytest.mark.sweep
@pytest.mark.parametrize(
    "name", [one for one in hubcore.list_models(exclude="*.*") if "/" not in one]
)  # without timm's 1,826, where hub-timm is installed
def test_each_model_has_a_vector_and_maps(name):
    found = examined(name)
    if found["task"] == "optical-flow":
        assert "declares no head" in found["error"]
    else:
        assert found["length"] > 0
        assert found["features"]
