"""Exported files give what the hub's own prediction gives, or are not written."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from environments import ROOT
from jsonschema import Draft202012Validator
from PIL import Image
from small_models import Colours, Weights, exported
from torch import nn

import hubcore
from hub_export import DifferenceError, ExportError
from hub_export.formats import FORMATS, require
from hub_export.preprocessing import preprocessing_of
from hubcore.cli import main
from hubcore.errors import MissingDependencyError
from hubcore.transforms import (
    ImageClassification,
    OpticalFlow,
    SemanticSegmentation,
    VideoClassification,
)

SIZES = [(64, 96), (333, 250), (37, 400)]


class Pixels(nn.Module):
    """Logits of four classes for each block of 2 x 2 pixels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 2, stride=2)

    def forward(self, images):
        return {"out": self.conv(images)}


def image(height, width):
    random = np.random.default_rng(height)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_gives_what_prediction_gives(name, tmp_path):
    """For images of any size, one or several at a time, and without the model's code."""
    model, path = Colours().eval(), tmp_path / f"colours{FORMATS[name].suffix}"
    made = exported_in(name, path, model)
    run = require(FORMATS[name]).open(path)
    predictor = hubcore.prediction.Predictor(model, Weights(), task="image-classification")
    for height, width in SIZES:
        pixels = image(height, width)
        [result] = predictor(Image.fromarray(pixels))
        if made.metadata["raw"]:
            prepared = Weights().transforms()(Image.fromarray(pixels)).numpy()
            images = [prepared] if FORMATS[name].fixed else [prepared, prepared]
            found = run({"input": np.stack(images)})["output"]
            assert found[-1] == pytest.approx(model(torch.tensor(prepared[None]))[0].tolist())
            continue
        found = run({"image": np.stack([pixels, pixels])})
        for row in range(2):
            assert found["labels"][row].tolist() == [c.category_id for c in result.classes[:2]]
            assert found["scores"][row] == pytest.approx(
                [c.probability for c in result.classes[:2]], abs=0.01
            )


def exported_in(name, path, model, **options):
    """In a format whose packages are there."""
    for module in FORMATS[name].needs:
        pytest.importorskip(module)
    return exported(path, model, **options)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_says_what_it_is(name, tmp_path):
    """In each format alike: categories, task, preprocessing, digest, licence and versions."""
    path = tmp_path / f"colours{FORMATS[name].suffix}"
    made = exported_in(name, path, Colours())
    assert {*tmp_path.iterdir()} == {*made.files}
    assert made.files[0] == path
    assert made.agreement.holds
    said = json.loads(require(FORMATS[name]).metadata(path))
    assert said == made.metadata
    Draft202012Validator(metadata_schema()).validate(said)
    assert said["format"] == name
    assert said["task"] == "image-classification"
    assert said["categories"] == ["red", "green", "blue"]
    assert said["license"] == "unknown"
    assert said["sha256"] is None
    assert said["preprocessing"]["target"] == "hubcore.transforms:ImageClassification"
    assert said["preprocessing"]["settings"]["crop_size"] == [24]
    assert said["preprocessing"]["settings"]["interpolation"] == "bilinear"
    assert said["raw"] is not said["preprocessing"]["inside"]
    assert ("why" in said["preprocessing"]) is said["raw"]
    number = 1 if FORMATS[name].fixed else "batch"
    shape = [number, 3, 24, 24] if said["raw"] else [number, "height", "width", 3]
    assert said["inputs"][0]["shape"] == shape
    assert said["made_with"]["hubcore"] == hubcore.__version__
    for file in made.files:
        assert str(tmp_path).encode() not in file.read_bytes()


def metadata_schema():
    from importlib.resources import files

    return json.loads(files("hub_export").joinpath("metadata.schema.json").read_text("utf-8"))


def test_a_segmentation_gives_the_mask_in_pixels_of_the_image(tmp_path):
    """Its input is resized, and the mask has the image's size again."""
    weights = Weights(SemanticSegmentation(resize_size=40))
    path = tmp_path / "pixels.pt2"
    made = exported(path, Pixels(), weights=weights, task="semantic-segmentation")
    assert made.agreement.measures[0].worst > 0.999
    found = require(FORMATS["torch"]).open(path)({"image": image(50, 70)[None]})
    assert found["mask"].shape == (1, 50, 70)
    assert len(np.unique(found["mask"])) > 1


class Moving(nn.Module):
    """Logits of a clip, (N, 3, T, H, W): its mean colours, the later the more."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))

    def forward(self, clips):
        times = torch.arange(clips.shape[2]).float().view(-1, 1, 1)
        return (clips * times).mean(dim=(2, 3, 4)) * self.scale


class OfClips(Weights):
    meta = {"categories": ["red", "green", "blue"], "min_temporal_size": 4}  # noqa: RUF012  # as torchvision's


def test_a_video_classifier_takes_clips(tmp_path):
    """Of as many frames as the weights' clips have; frames are resized without antialiasing."""
    weights = OfClips(VideoClassification(crop_size=(24, 24), resize_size=(32, 40)))
    model = Moving()
    made = exported(tmp_path / "clips.pt2", model, weights=weights, task="video-classification")
    assert made.metadata["inputs"][0]["shape"] == ["batch", 4, "height", "width", 3]
    clip = np.stack([image(50, 70) // (number + 1) for number in range(4)])
    found = require(FORMATS["torch"]).open(made.path)({"image": clip[None]})
    tensor = torch.from_numpy(clip).permute(0, 3, 1, 2)
    predictor = hubcore.prediction.Predictor(model, weights, task="video-classification")
    [result] = predictor(tensor)
    assert found["labels"][0].tolist() == [c.category_id for c in result.classes[:2]]
    assert found["scores"][0] == pytest.approx([c.probability for c in result.classes[:2]])


class Shift(nn.Module):
    """A flow that depends on both images, for sides that are multiples of eight alone."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 2, 3, padding=1)

    def forward(self, first, second):
        flow = self.conv(torch.cat([first, second], dim=1))
        blocks = nn.functional.avg_pool2d(flow, 8)
        return [flow, flow + nn.functional.interpolate(blocks, scale_factor=8)]


def test_a_flow_is_of_the_images_own_size(tmp_path):
    """Whatever it is: also a multiple of eight, which needs no padding."""
    model, weights = Shift(), Weights(OpticalFlow())
    made = exported(tmp_path / "flow.pt2", model, weights=weights, task="optical-flow")
    assert [port["name"] for port in made.metadata["inputs"]] == ["first", "second"]
    run = require(FORMATS["torch"]).open(made.path)
    predictor = hubcore.prediction.Predictor(model, weights, task="optical-flow")
    for height, width in [(50, 70), (64, 96), (64, 70)]:
        first, second = image(height, width), image(height, width)[::-1].copy()
        found = run({"first": first[None], "second": second[None]})["flow"]
        [result] = predictor([(Image.fromarray(first), Image.fromarray(second))])
        assert found.shape == (1, 2, height, width)
        assert found[0] == pytest.approx(result.flow.numpy(), abs=1e-4)


def test_the_bare_model_takes_preprocessed_images(tmp_path):
    made = exported(tmp_path / "raw.pt2", raw=True)
    assert made.metadata["raw"]
    assert not made.metadata["preprocessing"]["inside"]
    run = require(FORMATS["torch"]).open(made.path)
    found = run({"input": torch.full((1, 3, 8, 8), 0.5).numpy()})
    assert found["output"] == pytest.approx(np.full((1, 3), 2.5))


def test_a_bare_file_of_a_model_in_no_catalogue_predicts(tmp_path):
    """Its preprocessing is known by its settings; without torch it is done as with it."""
    pytest.importorskip("hub_engines")
    made = exported(tmp_path / "raw.onnx", raw=True)
    photo = Image.fromarray(image(50, 70))
    [found] = hubcore.predict(made.path, photo)
    predictor = hubcore.prediction.Predictor(Colours(), Weights(), task="image-classification")
    [expected] = predictor(photo)
    assert [one.label for one in found.classes] == [one.label for one in expected.classes]
    assert found.classes[0].probability == pytest.approx(expected.classes[0].probability)


def test_a_bare_model_of_one_size_takes_what_the_preprocessing_gives(tmp_path):
    """Any number of images as they are cropped; where nothing is cropped, images of any size."""
    made = exported(tmp_path / "raw.pt2", raw=True, one_size=True)
    assert made.metadata["inputs"][0]["shape"] == ["batch", 3, 24, 24]
    run = require(FORMATS["torch"]).open(made.path)
    assert len(run({"input": torch.full((3, 3, 24, 24), 0.5).numpy()})["output"]) == 3
    with pytest.raises(AssertionError, match="Guard failed"):
        run({"input": torch.full((1, 3, 8, 8), 0.5).numpy()})
    uncropped = Weights(SemanticSegmentation(resize_size=32))
    made = exported(
        tmp_path / "raw.pt2",
        Pixels(),
        weights=uncropped,
        task="semantic-segmentation",
        raw=True,
        one_size=True,
    )
    assert made.metadata["inputs"][0]["shape"] == ["batch", 3, "height", "width"]


def test_one_size_is_refused_where_the_preprocessing_is_inside(tmp_path):
    with pytest.raises(ExportError, match="one_size is for bare models"):
        exported(tmp_path / "whole.pt2", one_size=True)
    assert not [*tmp_path.iterdir()]


class Attending(Colours):
    """Attention of two heads with a bias that is computed, whose result becomes an image again."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.register_buffer("places", torch.rand(64, 64, 2))
        self.bias = nn.Linear(2, 2)

    def forward(self, images):
        tokens = nn.functional.avg_pool2d(images, 3).permute(0, 2, 3, 1).repeat(1, 1, 1, 4)
        queries, keys, values = tokens.reshape(-1, 64, 3, 2, 2).transpose(1, 3).unbind(2)
        bias = self.bias(self.places).permute(2, 0, 1).unsqueeze(0).contiguous()
        found = nn.functional.scaled_dot_product_attention(queries, keys, values, bias)
        found = found.transpose(1, 2).reshape(len(images), 8, 8, 4)
        return super().forward(found.permute(0, 3, 1, 2)[:, :3])


def test_attention_with_a_computed_bias_is_written_as_onnx(tmp_path):
    """As it was traced, without gradients: with them torch would lay out its result otherwise."""
    exported(tmp_path / "model.onnx", Attending())


class AttendingInBlocks(Colours):
    """Attention within blocks of 8 x 8 pixels: of tensors with three and with five dimensions."""

    def __init__(self, leading, masked):
        super().__init__()
        self.leading = leading
        self.mask = torch.rand(1, 64, generator=torch.Generator().manual_seed(0)) * 9
        self.masked = masked

    def forward(self, images):
        blocks = nn.functional.unfold(images, 8, stride=8).transpose(1, 2)
        values = blocks.reshape(len(images) * 9, 3, 64).mT.reshape(*self.leading, 64, 3)
        mask = self.mask if self.masked else None
        found = nn.functional.scaled_dot_product_attention(values, values, values, mask)
        blocks = found.reshape(len(images) * 9, 64, 3).mT.reshape(len(images), 9, 192)
        images = nn.functional.fold(blocks.transpose(1, 2), images.shape[-2:], 8, stride=8)
        return super().forward(images)


@pytest.mark.parametrize("leading", [(-1,), (-1, 3, 3)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_of_any_rank_is_written_as_onnx(leading, masked, tmp_path):
    exported(tmp_path / "model.onnx", AttendingInBlocks(leading, masked))


class OfOneSize(Colours):
    def forward(self, images):
        torch._assert(images.shape[-1] == 24, "of another width")
        return super().forward(images)


def test_the_bare_model_says_which_sizes_its_architecture_fixes(tmp_path):
    made = exported(tmp_path / "raw.pt2", OfOneSize(), raw=True)
    assert made.metadata["inputs"][0]["shape"] == ["batch", 3, "height", 24]


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [*SIZES, (24, 24), (500, 31), (25, 26)])
def test_preprocessing_equals_pillows_within_one_level(interpolation, size):
    """Sizes that are enlarged and reduced, in both orientations, with odd and even margins."""
    preset = ImageClassification(
        crop_size=24, resize_size=33, interpolation=interpolation, mean=(0, 0, 0), std=(1, 1, 1)
    )
    pixels = image(*size)
    ours = preset(Image.fromarray(pixels))
    theirs = preprocessing_of(Weights(preset))(torch.from_numpy(pixels)[None])[0]
    assert theirs.shape == ours.shape
    assert float((ours - theirs).abs().max()) < 1.01 / 255
    assert float((ours - theirs).abs().mean()) < 0.1 / 255


def test_a_crop_as_large_as_the_shorter_side_keeps_to_no_orientation():
    """What was traced with an upright image takes a lying one, and a square."""
    preset = ImageClassification(crop_size=24, resize_size=24, mean=(0, 0, 0), std=(1, 1, 1))
    module = preprocessing_of(Weights(preset))
    dims = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC}
    example = torch.from_numpy(np.stack([image(60, 40)] * 2))
    run = torch.export.export(module, (example,), dynamic_shapes=(dims,)).module()
    for size in [(40, 60), (60, 40), (50, 50), (31, 500)]:
        pixels = torch.from_numpy(image(*size))[None]
        assert torch.equal(run(pixels), module(pixels))


class Unrepeatable(Colours):
    def forward(self, images):
        return super().forward(images) + torch.rand(3) * 9


class Branching(nn.Module):
    def forward(self, images):
        return images if images.mean().item() > 0 else -images


class Nested(Colours):
    def __init__(self):
        super().__init__()
        self.inner = Branching()

    def forward(self, images):
        return super().forward(self.inner(images))


def test_a_file_that_differs_is_not_kept(tmp_path):
    """The error says by how much and where it begins; what was there before stays."""
    path = tmp_path / "model.pt2"
    path.write_text("before")
    with pytest.raises(
        DifferenceError, match=r"differs .* for chelsea\.jpg.* begins at Unrepeatable"
    ) as caught:
        exported(path, Unrepeatable())
    assert caught.value.begins
    assert [file.name for file in tmp_path.iterdir()] == ["model.pt2"]
    assert path.read_text() == "before"


class Big(Colours):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.rand(3, 100_000))

    def forward(self, images):
        return super().forward(images) + self.table.mean(dim=1)


FULL = """
import resource, sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
import test_export
from small_models import exported
from hub_export import ExportError
limit = 100_000  # bytes of a file: as on a disk that is full
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for path in map(Path, sys.argv[3:]):
    try:
        exported(path, test_export.Big())
    except ExportError as error:
        print(error)
"""


@pytest.mark.sweep
@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_full_disk_is_an_error_that_leaves_nothing(tmp_path):
    """In each format: also of those whose writers are not Python's, and would end the process."""
    there = [one for one in FORMATS.values() if all(find_spec(need) for need in one.needs)]
    paths = [tmp_path / f"model{one.suffix}" for one in there]
    paths[0].write_text("before")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            FULL,
            str(Path(__file__).parent),
            str(ROOT / "tests"),
            *map(str, paths),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [f"Cannot write {path}: File too large." for path in paths]
    assert done.stdout.splitlines() == said
    assert list(tmp_path.iterdir()) == paths[:1]
    assert paths[0].read_text() == "before"


def test_a_model_that_cannot_be_traced_is_an_error_that_names_the_layer(tmp_path):
    with pytest.raises(ExportError, match=r"cannot be traced.*'inner'"):
        exported(tmp_path / "model.pt2", Nested())
    assert not list(tmp_path.iterdir())


def test_a_quantized_model_is_an_error_that_names_the_layer(tmp_path):
    model = torchvision.models.quantization.shufflenet_v2_x0_5(quantize=True)
    with pytest.raises(ExportError, match=r"its layer 'conv1\.0' is quantized.*hub quantize MODEL"):
        exported(tmp_path / "model.pt2", model)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "tensorrt"}, "Unknown format 'tensorrt'"),
        ({"format": "onnx"}, "must end in '.onnx'"),
        ({"top": 0}, "top must be at least 1"),
        ({"task": None}, "give its task"),
        ({"task": "image-generation"}, "'image-generation' cannot be exported"),
        ({"weights": Weights(nn.Identity())}, "--raw"),
        ({"weights": Weights(ImageClassification(crop_size=40, resize_size=32))}, "fills up"),
        (
            {"weights": Weights(ImageClassification(crop_size=8, interpolation="nearest"))},
            "'nearest'",
        ),
    ],
)
def test_bad_arguments_are_errors_and_write_nothing(change, message, tmp_path):
    with pytest.raises(ExportError, match=message):
        exported(tmp_path / "model.pt2", **change)
    assert not list(tmp_path.iterdir())


def test_a_format_of_one_size_refuses_vectors_and_tasks_whose_inputs_vary(tmp_path):
    with pytest.raises(ExportError, match="holds no vectors"):
        exported(tmp_path / "model.pte", vectors=True)
    with pytest.raises(
        ExportError, match="inputs of one size, and those for optical-flow take any"
    ):
        exported(tmp_path / "model.pte", task="optical-flow")


@pytest.mark.parametrize("name", ["model", "model.bin", "missing/model.pt2"])
def test_a_bad_path_is_an_error(name, tmp_path):
    with pytest.raises(ExportError, match=name.partition("/")[0]):
        exported(tmp_path / name)


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("hub_export.formats.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hub-export\[onnx\]'"):
        exported(tmp_path / "model.onnx")


def test_the_command_says_what_it_cannot_do_in_a_line(tmp_path, capsys):
    for arguments in (["no_such_model"], ["mobilenet_v2"]):
        assert main(["export", *arguments, "--output", str(tmp_path / "model")]) == 1
        error = capsys.readouterr().err
        assert error.startswith("hub: ")
        assert "Traceback" not in error


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if not one.fixed])
def test_a_file_gives_the_vectors_of_a_layer(name, tmp_path):
    """What a forward hook sees at it, averaged; what only the output needs is left out."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 22 * 22, 900))
    path = tmp_path / f"v{FORMATS[name].suffix}"
    made = exported_in(name, path, model.eval(), vectors=True, layer="1")
    assert made.metadata["vectors"] == {"layer": "1"}
    assert made.metadata["schema"] == 2
    Draft202012Validator(metadata_schema()).validate(made.metadata)
    assert [port["name"] for port in made.metadata["outputs"]] == ["vector"]
    if name != "torch":  # whose files keep all tensors
        assert made.size < 1e6  # and not the 14 MB of the last layer
    run = require(FORMATS[name]).open(path)
    for count in (1, 3):
        images = torch.rand(count, 3, 24, 24)
        expected = model[:2](images).mean((2, 3)).detach()
        np.testing.assert_allclose(run({"input": images.numpy()})["vector"], expected, atol=1e-5)
