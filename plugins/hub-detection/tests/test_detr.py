"""DETR's behaviour as a detector: inputs, outputs, weights, training."""

from __future__ import annotations

import copy
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.models import resnet50
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.ops import FrozenBatchNorm2d

import hubcore
from hub_detection import detr
from hub_detection.detr_transformer import sine_position_embedding

BUILDERS = ["detr_resnet50", "detr_resnet50_dc5", "detr_resnet101", "detr_resnet101_dc5"]
TINY: dict[str, Any] = {
    "num_queries": 8,
    "hidden_dim": 32,
    "num_heads": 4,
    "num_encoder_layers": 1,
    "num_decoder_layers": 2,
    "dim_feedforward": 64,
    "dropout": 0.0,
    "min_size": 64,
    "max_size": 96,
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The models here are too small to share among threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tiny_detr(num_classes: int = 4, trainable_layers: int = 5, **kwargs: Any) -> detr.DETR:
    torch.manual_seed(0)
    trunk = ResNet(BasicBlock, [1, 1, 1, 1], norm_layer=FrozenBatchNorm2d)
    return detr.DETR(
        detr.ResNetBackbone(trunk, trainable_layers), num_classes, **{**TINY, **kwargs}
    )


def squares(count: int) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Images of one bright square each, the class telling its colour."""
    generator = torch.Generator().manual_seed(1)
    images, targets = [], []
    for index in range(count):
        image = torch.rand(3, 64, 64, generator=generator) * 0.2
        x, y = torch.randint(4, 32, (2,), generator=generator).tolist()
        label = 1 + index % 3
        image[label - 1, y : y + 24, x : x + 24] = 1
        images.append(image)
        targets.append(
            {
                "boxes": torch.tensor([[x, y, x + 24.0, y + 24.0]]),
                "labels": torch.tensor([label]),
            }
        )
    return images, targets


class Weights:
    """Anybody's weights: of no special type."""

    url = "https://example.org/weights.pth"
    transforms = None

    def __init__(self, state_dict: dict[str, Any], categories: int | None = None) -> None:
        self.meta = {} if categories is None else {"categories": ["thing"] * categories}
        self.state_dict = state_dict
        self.calls: list[dict[str, Any]] = []

    def get_state_dict(self, **kwargs: Any) -> dict[str, Any]:
        self.calls.append(kwargs)
        return self.state_dict


# --- input and output ---


def test_detections_are_like_those_of_torchvisions_detectors() -> None:
    """One dict an image; boxes inside it, best first, one for each query."""
    images = [torch.rand(3, 50, 80), torch.rand(3, 120, 40)]
    detections = tiny_detr().eval()(images)
    assert len(detections) == 2
    for image, detection in zip(images, detections, strict=True):
        boxes, labels, scores = (detection[key] for key in ("boxes", "labels", "scores"))
        assert boxes.shape == (8, 4)
        assert labels.shape == scores.shape == (8,)
        assert labels.dtype == torch.int64
        assert ((labels >= 0) & (labels < 4)).all()
        assert ((scores > 0) & (scores < 1)).all()
        assert scores.equal(scores.sort(descending=True).values)
        assert (boxes[:, :2] <= boxes[:, 2:]).all()
        height, width = image.shape[-2:]
        assert (boxes >= 0).all()
        assert (boxes <= torch.tensor([width, height, width, height])).all()


def test_boxes_are_in_the_pixels_of_the_original_image() -> None:
    """Whatever size the model works at; parts outside the image are cut off."""
    model = tiny_detr(num_queries=1)
    prediction = detr.Prediction(
        torch.tensor([[[0.0, 0, 3, 0, 0]]]), torch.tensor([[[0.25, 0.5, 0.6, 0.4]]])
    )
    (detection,) = model.postprocess(prediction, [(100, 200)])
    torch.testing.assert_close(detection["boxes"], torch.tensor([[0.0, 30, 110, 70]]))
    assert detection["labels"].tolist() == [2]


def test_no_object_is_never_a_detection() -> None:
    """Where it is the likeliest, the next class is reported with its low score."""
    model = tiny_detr(num_queries=1)
    logits = torch.tensor([[[0.0, 1, 0, 0, 5]]])
    (detection,) = model.postprocess(
        detr.Prediction(logits, torch.full((1, 1, 4), 0.5)), [(10, 10)]
    )
    assert detection["labels"].tolist() == [1]
    torch.testing.assert_close(detection["scores"], logits.softmax(-1)[0, :, 1])


def test_score_thresh_drops_what_scores_lower() -> None:
    """And keeps the rest as it is."""
    model = tiny_detr().eval()
    image = torch.rand(3, 64, 64)
    (every,) = model([image])
    model.score_thresh = every["scores"][2].item()
    (best,) = model([image])
    for key, value in best.items():
        assert value.equal(every[key][:3])


@pytest.mark.parametrize("dilation", [False, True])
def test_results_do_not_depend_on_the_batch(dilation: bool) -> None:
    """Images of different sizes, together and one by one, also in a dilated backbone."""
    torch.manual_seed(0)
    trunk = resnet50(
        norm_layer=FrozenBatchNorm2d, replace_stride_with_dilation=[False, False, dilation]
    )
    model = detr.DETR(detr.ResNetBackbone(trunk), 4, **TINY).eval()
    for module in model.modules():
        if isinstance(module, FrozenBatchNorm2d):  # a padded image would not stay zero
            module.weight.uniform_(0.4, 0.8)
            module.bias.normal_(0, 0.3)
    images = [torch.rand(3, *size) for size in [(64, 70), (96, 40), (64, 70), (33, 90)]]
    with torch.no_grad():
        together = model(images)
        for image, detection in zip(images, together, strict=True):
            (alone,) = model([image])
            for key, value in alone.items():
                torch.testing.assert_close(detection[key], value, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("size", "resized"),
    [
        ((480, 640), (800, 1066)),
        ((640, 480), (1066, 800)),
        ((800, 800), (800, 800)),
        ((300, 1000), (400, 1333)),
        ((3000, 4000), (800, 1066)),
        ((1, 1), (800, 800)),
        ((1, 5000), (1, 1333)),
    ],
)
def test_images_are_resized_as_in_the_paper(
    size: tuple[int, int], resized: tuple[int, int]
) -> None:
    """Shorter side 800, longer at most 1333, never empty."""
    transform = detr.DetrTransform(800, 1333, [0.5] * 3, [0.5] * 3, size_divisible=1).eval()
    batch, _ = transform([torch.rand(3, *size)])
    assert batch.image_sizes == [resized]
    assert batch.tensors.shape[-2:] == resized


def test_shrinking_averages_what_it_leaves_out() -> None:
    """A fine chequerboard becomes grey, not black or white."""
    board = ((torch.arange(256)[:, None] + torch.arange(256)) % 2).float().expand(3, -1, -1)
    transform = detr.DetrTransform(32, 64, [0.0] * 3, [1.0] * 3, size_divisible=1).eval()
    batch, _ = transform([board])
    assert (batch.tensors - 0.5).abs().max() < 0.05


def test_training_draws_one_of_several_sizes() -> None:
    """And evaluation takes the last, as torchvision's detectors do."""
    transform = detr.DetrTransform([32, 48, 64], 96, [0.0] * 3, [1.0] * 3, size_divisible=1)
    image = torch.rand(3, 40, 40)
    seen = {transform([image])[0].image_sizes[0][0] for _ in range(50)}
    assert seen == {32, 48, 64}
    assert transform.eval()([image])[0].image_sizes == [(64, 64)]


def test_smallest_images_are_accepted() -> None:
    """The catalogue says 1 x 1."""
    (detection,) = tiny_detr().eval()([torch.rand(3, 1, 1)])
    assert detection["boxes"].isfinite().all()


def test_evaluation_is_deterministic() -> None:
    """Dropout and random sizes are for training only."""
    model = tiny_detr(dropout=0.5, min_size=[48, 64]).eval()
    image = torch.rand(3, 64, 64)
    (first,), (second,) = model([image]), model([image])
    assert all(first[key].equal(second[key]) for key in first)


def test_half_precision_gives_detections_in_single_precision() -> None:
    """Under autocast, whose coordinates would be off by pixels, and near the exact ones."""
    model = tiny_detr().eval()
    image = torch.rand(3, 64, 64)
    (exact,) = model([image])
    with torch.autocast("cpu", torch.bfloat16):
        (detection,) = model([image])
    assert detection["boxes"].dtype == detection["scores"].dtype == torch.float32
    torch.testing.assert_close(detection["scores"], exact["scores"], atol=0.05, rtol=0)


def test_position_embedding_is_relative_to_the_image_not_the_batch() -> None:
    """An image's part of a padded map is embedded as the map alone would be."""
    padding = torch.ones(1, 6, 7, dtype=torch.bool)
    padding[:, :4, :5] = False
    padded = sine_position_embedding(padding, 32)[:, :, :4, :5]
    alone = sine_position_embedding(torch.zeros(1, 4, 5, dtype=torch.bool), 32)
    torch.testing.assert_close(padded, alone)
    assert alone.flatten(2).unique(dim=2).shape[2] == 20  # every place differs


# --- names, copies, weights ---


@pytest.mark.parametrize("name", BUILDERS)
def test_parameter_names_are_those_of_the_published_checkpoints(name: str) -> None:
    """A sample of each part, their shapes, and their number."""
    state_dict = getattr(detr, name)(weights_backbone=None).state_dict()
    depth = 22 if "101" in name else 5
    expected = {
        "backbone.0.body.conv1.weight": (64, 3, 7, 7),
        "backbone.0.body.bn1.running_var": (64,),
        "backbone.0.body.layer1.0.downsample.1.running_mean": (256,),
        f"backbone.0.body.layer3.{depth}.bn3.weight": (1024,),
        "backbone.0.body.layer4.2.conv3.weight": (2048, 512, 1, 1),
        "input_proj.weight": (256, 2048, 1, 1),
        "query_embed.weight": (100, 256),
        "transformer.encoder.layers.0.self_attn.in_proj_weight": (768, 256),
        "transformer.encoder.layers.5.linear1.weight": (2048, 256),
        "transformer.encoder.layers.5.norm2.bias": (256,),
        "transformer.decoder.layers.5.multihead_attn.out_proj.bias": (256,),
        "transformer.decoder.layers.5.norm3.weight": (256,),
        "transformer.decoder.norm.weight": (256,),
        "class_embed.weight": (92, 256),
        "bbox_embed.layers.2.weight": (4, 256),
    }
    assert {key: tuple(state_dict[key].shape) for key in expected} == expected
    assert len(state_dict) == (713 if "101" in name else 458)


@pytest.mark.parametrize("name", BUILDERS)
def test_dc5_doubles_the_resolution_of_the_features(name: str) -> None:
    """Stride 16 instead of 32."""
    (features,) = getattr(detr, name)(weights_backbone=None).extract_features(
        [torch.rand(3, 64, 96)]
    )
    assert features.shape == ((2048, 4, 6) if name.endswith("dc5") else (2048, 2, 3))


def test_copies_and_state_dicts_give_the_same_detections() -> None:
    """A deep copy, and another model that loads the state dict."""
    model = tiny_detr().eval()
    loaded = tiny_detr(dropout=0.1).eval()
    for parameter in loaded.parameters():
        parameter.data.normal_()
    loaded.load_state_dict(model.state_dict())
    image = torch.rand(3, 64, 64)
    for other in (copy.deepcopy(model), loaded):
        for key, value in model([image])[0].items():
            assert other([image])[0][key].equal(value)


@pytest.mark.parametrize("wrapped", [True, False])
def test_weights_are_loaded_as_published_or_bare(wrapped: bool) -> None:
    """From any object that has them; the backbone's weights are then not asked for."""
    source = detr.detr_resnet50(weights_backbone=None, num_classes=3, **TINY)
    torch.nn.init.normal_(source.class_embed.bias)
    state_dict = source.state_dict()
    weights = Weights({"model": state_dict} if wrapped else state_dict, categories=3)
    backbone = Weights({})
    model = detr.detr_resnet50(weights=weights, weights_backbone=backbone, progress=False, **TINY)
    assert model.num_classes == 3
    assert all(value.equal(state_dict[key]) for key, value in model.state_dict().items())
    assert weights.calls == [{"progress": False, "check_hash": True}]
    assert backbone.calls == []


def test_backbone_weights_are_loaded() -> None:
    """Those of a classifier, with its ordinary batch norms."""
    classifier = resnet50(num_classes=5)
    with pytest.raises(RuntimeError, match="size mismatch for fc"):
        detr.detr_resnet50(weights_backbone=Weights(classifier.state_dict()), **TINY)
    classifier = resnet50()
    torch.nn.init.uniform_(classifier.bn1.running_mean)
    backbone = Weights(classifier.state_dict())
    model = detr.detr_resnet50(weights_backbone=backbone, **TINY)
    body = model.backbone[0].body.state_dict()
    assert all(value.equal(classifier.state_dict()[key]) for key, value in body.items())
    assert backbone.calls == [{"progress": True, "check_hash": True}]


def test_backbone_weights_are_imagenets_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetched by the hub, which has no connection here and says what it misses."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    for name, file in [
        ("detr_resnet50", "resnet50-0676ba61"),
        ("detr_resnet101", "resnet101-63fe"),
    ]:
        with pytest.raises(hubcore.HubError, match=file):
            getattr(detr, name)()


def test_a_published_checkpoint_loads_through_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its file, for its own classes and for others."""
    source = detr.detr_resnet50(weights_backbone=None, num_classes=3, **TINY).state_dict()
    torch.save({"model": source}, tmp_path / "detr.pth")
    digest = hashlib.sha256((tmp_path / "detr.pth").read_bytes()).hexdigest()
    (tmp_path / "detr.pth").rename(tmp_path / f"detr-{digest[:8]}.pth")
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUBCORE_ROOTS", str(tmp_path))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    catalog = {
        "schema": 1,
        "models": {
            "tiny_detr": {
                "task": "object-detection",
                "architecture": ["hub_detection.detr:detr_resnet50", TINY],
                "loads_weights": True,
                "parameters": {"weights": None, "progress": True, "num_classes": None},
                "weights": "TinyDETR_Weights",
                "backbone": {"weights": "ResNet50_Weights", "pretrained": "IMAGENET1K_V1"},
                "head": ["class_embed"],
            }
        },
        "weights": {
            "TinyDETR_Weights": {
                "builder": "tiny_detr",
                "default": "V1",
                "members": {
                    "V1": {
                        "url": f"https://example.org/detr-{digest[:8]}.pth",
                        "sha256": digest,
                        "convert": "hub_detection.detr:published_state_dict",
                        "transforms": ["hubcore.transforms:ObjectDetection", {}],
                        "meta": {"categories": ["__background__", "cat", "dog"]},
                    }
                },
            }
        },
    }
    with hubcore.register(catalog):
        model = hubcore.get_model("tiny_detr", weights="DEFAULT")
        other = hubcore.get_model("tiny_detr", weights="DEFAULT", num_classes=6)
    assert all(value.equal(source[key]) for key, value in model.state_dict().items())
    new = {key for key, value in other.state_dict().items() if not value.equal(source[key])}
    assert new == {"class_embed.weight", "class_embed.bias"}
    assert other.class_embed.weight.shape == (7, 32)


def test_number_of_classes_must_agree_with_the_weights() -> None:
    """As in torchvision's builders."""
    weights = Weights({}, categories=3)
    with pytest.raises(ValueError, match="num_classes is 5, but the weights are for 3 classes"):
        detr.detr_resnet50(weights=weights, num_classes=5)
    assert weights.calls == []  # nothing was downloaded


def test_published_state_dict_refuses_what_is_no_checkpoint() -> None:
    """With what it got."""
    with pytest.raises(ValueError, match="expected a DETR checkpoint, a mapping, got Tensor"):
        detr.published_state_dict(torch.zeros(1))


@pytest.mark.parametrize(
    ("layers", "frozen"),
    [
        (None, {"conv1", "layer1"}),
        (0, {"conv1", "layer1", "layer2", "layer3", "layer4"}),
        (4, {"conv1"}),
        (5, set()),
    ],
)
def test_first_stages_of_a_trained_backbone_are_frozen(
    layers: int | None, frozen: set[str]
) -> None:
    """Two of five by default."""
    backbone = Weights(resnet50().state_dict())
    model = detr.detr_resnet50(weights_backbone=backbone, trainable_backbone_layers=layers, **TINY)
    named = model.named_parameters()
    found = {name for name, parameter in named if not parameter.requires_grad}
    assert {name.split(".")[3] for name in found} == frozen


def test_an_untrained_backbone_is_trained_whole() -> None:
    """A request for less is answered with a warning, as in torchvision."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = detr.detr_resnet50(weights_backbone=None, **TINY)
    assert all(parameter.requires_grad for parameter in model.parameters())
    with pytest.warns(UserWarning, match="trainable_backbone_layers has no effect"):
        detr.detr_resnet50(weights_backbone=None, trainable_backbone_layers=2, **TINY)
    with pytest.raises(ValueError, match=r"range \[0,5\]"):
        detr.detr_resnet50(
            weights_backbone=Weights(resnet50().state_dict()), trainable_backbone_layers=6
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_dim": 30}, "hidden_dim must be a multiple of 4 and of num_heads"),
        ({"num_classes": 0}, "num_classes must be at least 1"),
    ],
)
def test_impossible_configurations_are_refused(arguments: dict[str, int], message: str) -> None:
    """Before anything is built."""
    with pytest.raises(ValueError, match=message):
        tiny_detr(**arguments)


# --- training ---


def test_it_learns_a_few_images_by_heart() -> None:
    """The loss falls to a fraction, and the detections find the squares."""
    model = tiny_detr(trainable_layers=0).train()  # the transformer has all to learn
    images, targets = squares(3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(80):
        loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    with torch.no_grad():
        detections = model.eval()(images)
    for detection, target in zip(detections, targets, strict=True):
        assert detection["labels"][0] == target["labels"][0]
        assert (detection["boxes"][0] - target["boxes"][0]).abs().max() < 8


def test_gradients_reach_every_parameter_that_wants_one() -> None:
    """And no other."""
    model = detr.detr_resnet50(
        weights_backbone=Weights(resnet50().state_dict()), num_classes=4, **TINY
    )
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # most are zero at first, and so are gradients beyond them
            torch.nn.init.normal_(parameter, std=0.1)
    images, targets = squares(2)
    sum(model.train()(images, targets).values()).backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            # The first decoder layer's queries attend to zeros only, in the paper as here.
            idle = name == "transformer.decoder.layers.0.self_attn.in_proj_weight"
            assert idle or parameter.grad.any(), name
        else:
            assert parameter.grad is None, name


def test_images_without_objects_can_be_trained_on() -> None:
    """Alone and among others."""
    model = tiny_detr().train()
    images, targets = squares(2)
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    for batch in ([targets[0], empty], [empty, empty]):
        loss = sum(model(images, batch).values())
        loss.backward()
        assert loss.isfinite()


def test_targets_are_left_as_they_are() -> None:
    """Boxes are not changed in place."""
    images, targets = squares(1)
    before = copy.deepcopy(targets)
    tiny_detr().train()(images, targets)
    assert targets[0]["boxes"].equal(before[0]["boxes"])
    assert targets[0].keys() == before[0].keys()


def test_training_without_targets_is_torchvisions_error() -> None:
    """The same class and text as of torchvision's detectors."""
    theirs = fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None)
    for model in (theirs, tiny_detr()):
        with pytest.raises(AssertionError, match=r"^targets should not be none when in training"):
            model.train()([torch.rand(3, 64, 64)])


# --- scripting ---


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
def test_a_scripted_model_detects_what_the_model_does(tmp_path: Path) -> None:
    """Also saved and loaded again; with the empty losses that torchvision's return."""
    model = tiny_detr().eval()
    images = [torch.rand(3, 50, 80), torch.rand(3, 120, 40), torch.rand(3, 50, 80)]
    torch.jit.script(model).save(tmp_path / "detr.pt")
    losses, detections = torch.jit.load(tmp_path / "detr.pt")(images)
    assert losses == {}
    for ours, scripted in zip(model(images), detections, strict=True):
        assert ours.keys() == scripted.keys()
        assert all(ours[key].equal(scripted[key]) for key in ours)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
@pytest.mark.parametrize("name", BUILDERS)
def test_every_builders_model_scripts(name: str) -> None:
    """As each of torchvision's detectors does."""
    model = getattr(detr, name)(weights=None, weights_backbone=None)
    torch.jit.script(model.eval())


# --- precision ---


def test_a_float64_model_keeps_float64() -> None:
    """Detections and losses, which are near those of float32."""
    model = tiny_detr().eval()
    exact = copy.deepcopy(model).double()
    image = torch.rand(3, 64, 64)
    (single,), (double,) = model([image]), exact([image.double()])
    assert double["boxes"].dtype == double["scores"].dtype == torch.float64
    torch.testing.assert_close(double["scores"].float(), single["scores"], atol=1e-4, rtol=0)
    images, targets = squares(2)
    images = [image.double() for image in images]
    losses = exact.train()(images, targets)
    assert {loss.dtype for loss in losses.values()} == {torch.float64}
    sum(losses.values()).backward()
    assert all(p.grad.dtype == torch.float64 for p in exact.parameters() if p.grad is not None)
