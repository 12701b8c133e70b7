"""`hubcore.predict`: every task, from Python."""

import sys

import numpy as np
import pytest
import torch
import torchvision
from photos import CHELSEA, COFFEE, imagenet_photos, import_mobilenet
from PIL import Image
from seeding import seeded_hub
from torch import nn

import hubcore
from hubcore.prediction import (
    ClassificationResult,
    DetectionResult,
    Failure,
    Flow,
    InputError,
    PredictionError,
    Predictor,
    SemanticMask,
)

V1 = "IMAGENET1K_V1"


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def mobilenet(own_home):
    return import_mobilenet()


# -- Real weights, real photos


def test_real_weights_tell_the_cat_from_the_coffee(mobilenet):
    cat, coffee = hubcore.predict("mobilenet_v2", [CHELSEA, COFFEE], weights=V1)
    assert isinstance(cat, ClassificationResult)
    assert (cat.classes[0].label, cat.classes[0].category_id) == ("Egyptian cat", 285)
    assert cat.classes[0].probability == pytest.approx(0.717, abs=0.002)
    assert len(cat.classes) == 5
    assert cat.size == (451, 300)
    assert coffee.classes[0].label == "espresso"
    assert coffee.classes[0].probability == pytest.approx(0.992, abs=0.002)


def test_real_weights_know_most_of_imagenets_photos(mobilenet):
    photos = imagenet_photos()
    assert len(photos) == 20
    results = hubcore.predict("mobilenet_v2", [path for path, _ in photos], weights=V1, top=1)
    right = sum(
        result.classes[0].category_id == label
        for result, (_, label) in zip(results, photos, strict=True)
    )
    assert right >= 16


def test_batches_give_what_one_by_one_gives(mobilenet):
    """Decoding in threads and batches of several sizes change no result and no order."""
    photos = [path for path, _ in imagenet_photos()]
    model = hubcore.get_model("mobilenet_v2", weights=V1).eval()
    preprocess = hubcore.get_weight(f"MobileNet_V2_Weights.{V1}").transforms()
    expected = []
    with torch.inference_mode():
        for path in photos:
            image = preprocess(Image.open(path).convert("RGB"))
            expected.append(model(image[None])[0].softmax(0))
    for options in ({}, {"batch_size": 7, "workers": 3}, {"batch_size": 1, "workers": 0}):
        results = hubcore.predict("mobilenet_v2", photos, weights=V1, top=1000, **options)
        assert [result.source.name for result in results] == [str(path) for path in photos]
        for result, probabilities in zip(results, expected, strict=True):
            found = torch.zeros(1000)
            for one in result.classes:
                found[one.category_id] = one.probability
            torch.testing.assert_close(found, probabilities, atol=1e-5, rtol=0)


def test_a_bad_input_raises_or_is_returned(mobilenet, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    inputs = [CHELSEA, tmp_path / "text.png", COFFEE]
    with pytest.raises(InputError, match=r"text\.png: is not an image"):
        hubcore.predict("mobilenet_v2", inputs, weights=V1)
    cat, failure, coffee = hubcore.predict("mobilenet_v2", inputs, weights=V1, on_error="return")
    assert cat.classes[0].label == "Egyptian cat"
    assert isinstance(failure, Failure)
    assert failure.source == str(tmp_path / "text.png")
    assert coffee.classes[0].label == "espresso"


def test_a_module_predicts_with_the_weights_given(mobilenet):
    """Also with torchvision's own: the hub knows the task of its members."""
    model = hubcore.get_model("mobilenet_v2", weights=V1)
    for weights in (
        f"MobileNet_V2_Weights.{V1}",
        hubcore.get_weight(f"MobileNet_V2_Weights.{V1}"),
        torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1,
    ):
        [result] = hubcore.predict(model, CHELSEA, weights=weights)
        assert result.classes[0].label == "Egyptian cat"


def test_other_packages_weights_bring_their_own_categories(mobilenet):
    """Weights that another package offers for a model of ours, with another number of classes."""
    tensors = torch.load(mobilenet, weights_only=True)
    tensors["classifier.1.weight"] = tensors["classifier.1.weight"][[285, 967]]
    tensors["classifier.1.bias"] = tensors["classifier.1.bias"][[285, 967]]
    path = mobilenet.with_name("acme.pth")
    torch.save(tensors, path)
    from hubcore.store import default_store

    stored = default_store().add(path)
    catalog = {
        "schema": 1,
        "weights": {
            "AcmePets_Weights": {
                "builder": "mobilenet_v2",
                "default": "V1",
                "members": {
                    "V1": {
                        "url": "https://acme.example/pets.pth",
                        "sha256": stored.name,
                        "transforms": [
                            "hubcore.transforms:ImageClassification",
                            {"crop_size": 224},
                        ],
                        "meta": {"categories": ["cat", "coffee"]},
                    }
                },
            }
        },
    }
    with hubcore.register(catalog, name="acme"):
        cat, coffee = hubcore.predict(
            "mobilenet_v2", [CHELSEA, COFFEE], weights="AcmePets_Weights.V1"
        )
    assert [one.label for one in cat.classes] == ["cat", "coffee"]
    assert coffee.classes[0].label == "coffee"
    assert sum(one.probability for one in cat.classes) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "most"),
    [({"optimize": True}, 1e-3), ({"dtype": "bfloat16"}, 2.0), ({}, None)],
)
def test_faster_variants_tell_how_much_they_differ(mobilenet, options, most):
    predictor = Predictor("mobilenet_v2", V1, compare=True, **options)
    [result] = predictor(CHELSEA)
    assert result.classes[0].label == "Egyptian cat"
    if most is None:
        assert predictor.largest_difference is None
    else:
        assert 0 < predictor.largest_difference < most


def test_optimizing_leaves_the_callers_module_alone(mobilenet):
    model = hubcore.get_model("mobilenet_v2", weights=V1).eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    Predictor(model, f"MobileNet_V2_Weights.{V1}", optimize=True)(CHELSEA)
    assert before.keys() == model.state_dict().keys()
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


# -- Every task, with seeded weights


@pytest.fixture
def seeded(tmp_path):
    with seeded_hub(tmp_path / "hub") as hub:

        def put(name):
            return hub.put_seeded(name, torchvision.models.get_model_weights(name).DEFAULT)

        yield put


@pytest.fixture
def frames(tmp_path):
    """Twelve frames of a square that moves."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(1, 13):
        image = Image.new("RGB", (140, 100), "navy")
        image.paste("orange", (5 * number, 30, 5 * number + 40, 70))
        image.save(folder / f"frame{number}.png")
    return folder


@pytest.mark.parametrize("size", [(140, 100), (100, 161)])
@pytest.mark.parametrize(
    "name", ["fasterrcnn_mobilenet_v3_large_320_fpn", "ssdlite320_mobilenet_v3_large"]
)
def test_detectors_give_boxes_above_the_score(seeded, name, size):
    weights = seeded(name)
    image = Image.effect_noise(size, 90)
    model = hubcore.get_model(name, weights=weights).eval()
    with torch.inference_mode():
        [raw] = model([weights.transforms()(image.convert("RGB"))])
    score = float(raw["scores"].quantile(0.5)) if len(raw["scores"]) else 0.0
    kept = raw["scores"] >= score
    [result] = hubcore.predict(name, image, score=score)
    assert isinstance(result, DetectionResult)
    assert [one.score for one in result.detections] == raw["scores"][kept].tolist()
    assert [list(one.box) for one in result.detections] == raw["boxes"][kept].tolist()
    for one, label in zip(result.detections, raw["labels"][kept].tolist(), strict=True):
        assert one.category_id == label
        assert one.label == weights.meta["categories"][label]
        assert one.mask is None


class FixedDetector(nn.Module):
    """Gives what a detector of people would: a mask and keypoints besides the box."""

    def forward(self, images):
        results = []
        for image in images:
            mask = torch.zeros(2, 1, *image.shape[-2:])
            mask[:, :, 10:20, 5:25] = 0.8
            mask[:, :, 30:, :] = 0.4
            points = torch.tensor([[float(k), 2.0 * k, 1.0] for k in range(17)])
            results.append(
                {
                    "boxes": torch.tensor([[5.0, 10, 25, 20], [0, 0, 9, 9]]),
                    "labels": torch.tensor([1, 1]),
                    "scores": torch.tensor([0.2, 0.9]),
                    "masks": mask,
                    "keypoints": points.expand(2, 17, 3),
                    "keypoints_scores": torch.linspace(-1, 7, 17).expand(2, 17),
                }
            )
        return results


def test_masks_and_keypoints_come_with_their_detection():
    weights = "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1"
    [result] = hubcore.predict(FixedDetector(), Image.new("RGB", (40, 50)), weights=weights)
    [person] = result.detections  # the other's score is too low
    assert (person.label, person.score) == ("person", pytest.approx(0.9))
    assert person.mask.shape == (50, 40)
    assert person.mask.dtype == torch.bool
    assert int(person.mask.sum()) == 200
    assert person.keypoints[0].name == "nose"
    assert (person.keypoints[3].x, person.keypoints[3].y) == (3, 6)
    assert person.keypoints[0].score == -1
    [both] = hubcore.predict(
        FixedDetector(), Image.new("RGB", (40, 50)), weights=weights, score=0.1
    )
    assert [one.score for one in both.detections] == pytest.approx([0.9, 0.2])


def test_real_mask_and_keypoint_models_are_served(seeded):
    image = Image.effect_noise((96, 80), 90)
    for name in ("maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn"):
        weights = seeded(name)
        settings = {"box_detections_per_img": 3, "box_score_thresh": 0.0, "min_size": 96}
        model = hubcore.get_model(name, weights=weights, **settings)
        [result] = hubcore.predict(model, image, weights=weights, score=0)
        assert len(result.detections) == 3
        for one in result.detections:
            assert (one.mask is not None) == name.startswith("mask")
            assert len(one.keypoints) == (17 if name.startswith("keypoint") else 0)
        assert result.draw().size[0] == 640


def test_detr_is_served_as_the_other_detectors():
    detr = pytest.importorskip("hub_detection.detr")
    torch.manual_seed(0)
    trunk = torchvision.models.ResNet(torchvision.models.resnet.BasicBlock, [1, 1, 1, 1])
    small = {"hidden_dim": 32, "num_heads": 2, "num_queries": 7, "dim_feedforward": 32}
    model = detr.DETR(
        detr.ResNetBackbone(trunk), 91, num_encoder_layers=1, num_decoder_layers=1, **small
    )
    [result] = hubcore.predict(model, CHELSEA, weights="DETR_ResNet50_Weights.COCO_V1", score=0)
    assert len(result.detections) == 7
    assert all(0 <= one.box[0] <= one.box[2] <= 451 for one in result.detections)


def test_semantic_masks_have_the_images_size(seeded):
    name = "lraspp_mobilenet_v3_large"
    weights = seeded(name)
    images = [Image.effect_noise(size, 90).convert("RGB") for size in ((140, 100), (90, 160))]
    model = hubcore.get_model(name, weights=weights).eval()
    for image, result in zip(images, hubcore.predict(name, images), strict=True):
        assert isinstance(result, SemanticMask)
        assert result.mask.shape == (image.height, image.width)
        with torch.inference_mode():
            logits = model(weights.transforms()(image)[None])["out"]
        size = (image.height, image.width)
        expected = nn.functional.interpolate(logits, size, mode="bilinear")[0].argmax(0)
        # Classes that win nowhere before they are enlarged are left out.
        assert (result.mask == expected).float().mean() > 0.999
        assert sum(one.share for one in result.classes) == pytest.approx(1)
        ids = [one.category_id for one in result.classes]
        assert sorted(ids) == result.mask.unique().tolist()
        assert result.classes[0].label == weights.meta["categories"][ids[0]]


class FrameMeans(nn.Module):
    """Of clips (B, C, T, H, W), a logit a frame."""

    def forward(self, clips):
        return clips.mean(dim=(1, 3, 4))


def test_videos_are_sampled_as_their_weights_say(frames):
    """The mean over the clips of the probabilities, from a folder and from a tensor alike."""
    weights = hubcore.get_weight("MC3_18_Weights.KINETICS400_V1")
    assert weights.value.sampling == {"clip_len": 16, "clips_per_video": 5, "frame_rate": 15}
    clip = torch.stack(
        [
            torch.from_numpy(np.array(Image.open(frames / f"frame{number}.png"))).permute(2, 0, 1)
            for number in range(1, 13)
        ]
    )
    long = clip[[*range(12), *range(10, 0, -1)]]  # 22 frames: clips begin at 0, 2, 3, 4 and 6
    from_folder, from_tensor, from_long = (
        hubcore.predict(FrameMeans(), source, weights=weights, top=16)[0]
        for source in (frames, clip, long)
    )
    assert from_folder.classes == from_tensor.classes
    assert from_folder.size == (140, 100)
    clips = torch.stack([weights.transforms()(long[i : i + 16]) for i in (0, 2, 3, 4, 6)])
    expected = FrameMeans()(clips).softmax(1).mean(0)
    for one in from_long.classes:
        assert one.probability == pytest.approx(float(expected[one.category_id]), abs=1e-5)
        assert one.label == weights.meta["categories"][one.category_id]


def test_real_video_models_are_served(seeded, frames):
    seeded("mc3_18")
    [result] = hubcore.predict("mc3_18", frames, top=400)
    assert sum(one.probability for one in result.classes) == pytest.approx(1, abs=1e-4)


def test_flow_has_the_images_size_whatever_it_is(seeded, tmp_path):
    """RAFT takes multiples of 8 from 128 on; images are padded by their edges, and results cut."""
    weights = seeded("raft_small")
    first, second = (Image.effect_noise((141, 100), 90).convert("RGB") for _ in range(2))
    [result] = hubcore.predict("raft_small", [first, second])
    assert isinstance(result, Flow)
    assert result.flow.shape == (2, 100, 141)
    a, b = weights.transforms()(first, second)
    pad = nn.ReplicationPad2d((1, 2, 14, 14))
    model = hubcore.get_model("raft_small", weights=weights).eval()
    with torch.inference_mode():
        expected = model(pad(a[None]), pad(b[None]))[-1][0, :, 14:114, 1:142]
    torch.testing.assert_close(result.flow, expected)
    lengths = expected.norm(dim=0)
    assert result.minimum == pytest.approx(float(lengths.min()))
    assert result.maximum == pytest.approx(float(lengths.max()))


def test_a_folder_of_frames_gives_the_flow_between_each_two(seeded, frames):
    seeded("raft_small")
    results = hubcore.predict("raft_small", frames, batch_size=4)
    assert len(results) == 11
    assert results[0].source.first.name.endswith("frame1.png")
    assert results[-1].source.second.name.endswith("frame12.png")


def test_images_of_unequal_size_have_no_flow(seeded):
    seeded("raft_small")
    images = [Image.new("RGB", (140, 130)), Image.new("RGB", (130, 140))]
    with pytest.raises(InputError, match="equal size, not 140 x 130 and 130 x 140"):
        hubcore.predict("raft_small", images)


def test_quantized_models_use_their_quantized_weights(seeded):
    weights = seeded("quantized_shufflenet_v2_x0_5")
    predictor = Predictor("quantized_shufflenet_v2_x0_5")
    assert predictor.weights is weights
    [result] = predictor(CHELSEA)
    model = hubcore.get_model("quantized_shufflenet_v2_x0_5", weights=weights, quantize=True)
    with torch.inference_mode():
        expected = model.eval()(weights.transforms()(Image.open(CHELSEA))[None])[0].softmax(0)
    assert result.classes[0].probability == pytest.approx(float(expected.max()), abs=1e-6)
    with pytest.raises(PredictionError, match="number format"):
        Predictor("quantized_shufflenet_v2_x0_5", dtype="bfloat16")


# -- What is refused


def test_a_model_without_weights_says_so():
    catalog = {
        "schema": 1,
        "models": {
            "acme_net": {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet18",
                "weights": None,
            }
        },
    }
    with (
        hubcore.register(catalog, name="acme"),
        pytest.raises(hubcore.HubError, match="no published weights"),
    ):
        hubcore.predict("acme_net", CHELSEA)
    with pytest.raises(PredictionError, match="needs weights"):
        hubcore.predict("resnet18", CHELSEA, weights=None)


def test_a_task_that_is_not_served_says_so():
    catalog = {
        "schema": 1,
        "models": {
            "acme_depth": {
                "task": "depth-estimation",
                "architecture": "torchvision.models:resnet18",
                "weights": None,
            }
        },
    }
    with (
        hubcore.register(catalog, name="acme"),
        pytest.raises(PredictionError, match="does not support the task 'depth-estimation'"),
    ):
        hubcore.predict("acme_depth", CHELSEA)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda:77"}, "device 'cuda:77' cannot be used"),
        ({"device": "toaster"}, "device 'toaster' cannot be used"),
        ({"dtype": "int4"}, "Unknown dtype"),
        ({"batch_size": 0}, "at least 1"),
        ({"weights": "NOPE"}, "Unknown weights 'NOPE'"),
        ({"weights": "ResNet50_Weights.IMAGENET1K_V1"}, "expected MobileNet_V2_Weights"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_fetched(options, message):
    with pytest.raises(hubcore.HubError, match=message):
        hubcore.predict("mobilenet_v2", CHELSEA, **options)


def test_a_module_needs_its_weights():
    with pytest.raises(PredictionError, match="give the weights"):
        hubcore.predict(nn.Identity(), CHELSEA)


class Picky(nn.Module):
    """Fails on dark images."""

    def forward(self, images):
        if (images.mean(dim=(1, 2, 3)) < -1).any():
            raise RuntimeError("too dark\nand more lines")
        return images.mean(dim=(2, 3))


def test_an_input_that_the_model_fails_on_costs_only_itself():
    weights = "ResNet18_Weights.IMAGENET1K_V1"
    images = [Image.new("RGB", (224, 224), shade) for shade in ("white", "black", "white")]
    good, failure, also_good = hubcore.predict(Picky(), images, weights=weights, on_error="return")
    assert good.classes == also_good.classes
    assert str(failure.error) == "input 1: too dark"
    assert isinstance(failure.error.__cause__, RuntimeError)


def test_importing_the_result_types_needs_no_torch():
    code = (
        "import sys, hubcore, hubcore.prediction, hubcore.cli.predict\n"
        "hubcore.predict, hubcore.prediction.Detection\n"
        "assert not {'torch', 'torchvision', 'numpy', 'PIL'} & sys.modules.keys()"
    )
    import subprocess

    subprocess.run([sys.executable, "-c", code], check=True)
