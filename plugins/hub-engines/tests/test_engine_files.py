"""Exported files predict alone: without torch, with the results that torch gives."""

import json
import re
import sys

import numpy as np
import onnx
import pytest
import torch
from environments import ROOT, write_dist_info
from onnx import TensorProto, helper
from PIL import Image
from without_torch import hub_without_torch

import hubcore
from hub_engines.description import Description
from hub_engines.errors import FileError
from hub_engines.onnx_metadata import read_metadata
from hub_engines.preprocessing import preprocessing
from hub_engines.results import enlarged_argmax
from hubcore import transforms
from hubcore.cli import main
from hubcore.errors import (
    LicenseError,
    MissingDependencyError,
    PluginError,
    UnknownNameError,
)
from hubcore.prediction import Predictor
from hubcore.prediction.engines import all_engines, find_engine
from hubcore.prediction.tasks.segmentation import enlarged_argmax as with_torch
from hubcore.weights.lockfile import LockError

U8, F32, I64, BOOL = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
NAMES = {U8: "uint8", F32: "float32", I64: "int64", BOOL: "bool"}
IMAGE = ("image", U8, ("batch", "height", "width", 3))


def about(task, inputs, outputs, changes):
    """What a file of hub-export says of itself."""
    return {
        "schema": 1,
        "format": "onnx",
        "task": task,
        "model": "acme/net",
        "weights": "acme/Net_Weights.V1",
        "sha256": "ab" * 32,
        "license": "MIT",
        "categories": ["red", "green", "blue"],
        "preprocessing": {"target": "x:y", "settings": {}, "inside": True},
        "raw": False,
        "inputs": [ports(one) for one in inputs],
        "outputs": [ports(one) for one in outputs],
        "made_with": {"hub-export": "0.1.0"},
        **changes,
    }


def ports(port):
    name, kind, shape = port
    return {"name": name, "dtype": NAMES[kind], "shape": list(shape), "description": ""}


def write(path, task, nodes, inputs, outputs, constants=(), **changes):
    """Writes an ONNX file of a few nodes."""
    return _write(path, task, nodes, inputs, outputs, constants, changes)


def _write(path, task, nodes, inputs, outputs, constants, changes):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    text = changes.get("text") or json.dumps(about(task, inputs, outputs, changes))
    helper.set_model_props(model, {"other": "x", "hubcore": text})
    onnx.save(model, path)
    return path


def node(kind, inputs, output, **options):
    return helper.make_node(kind, inputs.split(), output.split(), **options)


def classifier(path, **changes):
    """The probabilities are the softmax of the mean red, green and blue, in parts of 51."""
    nodes = [
        node("Cast", "image", "floats", to=F32),
        node("ReduceMean", "floats axes", "means", keepdims=0),
        node("Div", "means unit", "logits"),
        node("Softmax", "logits", "probabilities", axis=-1),
    ]
    outputs = [("probabilities", F32, ("batch", 3))]
    constants = [("axes", np.array([1, 2])), ("unit", np.float32(51))]
    return _write(path, "image-classification", nodes, [IMAGE], outputs, constants, changes)


def probabilities(image):
    means = torch.tensor(np.asarray(image.convert("RGB"), np.float64)).mean(dim=(0, 1)) / 51
    return means.softmax(0).tolist()


@pytest.fixture
def photos(tmp_path):
    """Photos of every kind that must come out upright, in RGB and 8 bits."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (40, 60, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    image.save(folder / "turned.png", exif=exif)
    image.convert("CMYK").save(folder / "cmyk.tiff")
    image.convert("P").save(folder / "palette.png")
    alpha = image.convert("RGBA")
    alpha.putalpha(Image.fromarray(random.integers(0, 256, (40, 60), dtype=np.uint8)))
    alpha.save(folder / "alpha.png")
    deep = Image.fromarray(random.integers(0, 65536, (40, 60), dtype=np.uint16))
    deep.save(folder / "sixteen.png")
    image.convert("1").save(folder / "bits.png")
    return folder


# -- Preprocessing and results without torch


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest", "lanczos"])
@pytest.mark.parametrize("size", [(60, 41), (33, 500), (17, 17), (224, 224)])
def test_an_image_is_prepared_bit_for_bit_as_with_torch(mode, size):
    random = np.random.default_rng(sum(size))
    image = Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8))
    numbers = {"mean": [0.485, 0.4, 0.3], "std": [0.229, 0.3, 0.111], "interpolation": mode}
    for name, sizes in (
        ("ImageClassification", {"crop_size": 224, "resize_size": 256}),
        ("ImageClassification", {"crop_size": 65, "resize_size": [31, 70]}),
        ("SemanticSegmentation", {"resize_size": 90}),
        ("SemanticSegmentation", {"resize_size": None}),
    ):
        theirs = getattr(transforms, name)(**sizes, **numbers)(image)
        ours = preprocessing(f"hubcore.transforms:{name}", {**sizes, **numbers})(image)
        assert ours.dtype == np.float32
        assert np.array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("size", [(30, 20), (137, 401), (9, 5)])
def test_a_mask_is_enlarged_as_with_torch(size):
    logits = torch.nn.functional.interpolate(
        torch.randn(1, 5, 4, 3, generator=torch.Generator().manual_seed(0)), (26, 20)
    )[0]
    theirs, ours = with_torch(logits, size).numpy(), enlarged_argmax(logits.numpy(), size)
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).mean() > 0.999


# -- Files of each task


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_bare_classifier_is_prepared_and_gives_classes(engine, tmp_path, photos):
    nodes = [node("ReduceMean", "input axes", "output", keepdims=0)]
    path = write(
        tmp_path / "raw.onnx",
        "image-classification",
        nodes,
        [("input", F32, ("batch", 3, "height", "width"))],
        [("output", F32, ("batch", 3))],
        [("axes", np.array([2, 3]))],
        raw=True,
        preprocessing={
            "target": "hubcore.transforms:ImageClassification",
            "settings": {"crop_size": 20, "resize_size": 30, "mean": [0.5] * 3, "std": [0.2] * 3},
            "inside": False,
        },
    )
    prepare = transforms.ImageClassification(
        crop_size=20, resize_size=30, mean=[0.5] * 3, std=[0.2] * 3
    )
    pytest.importorskip(engine)
    for result in hubcore.predict(path, photos, engine=engine):
        expected = prepare(result.source.open()).mean(dim=(1, 2)).softmax(0)
        assert [one.probability for one in result.classes] == pytest.approx(
            expected.sort(descending=True).values.tolist(), abs=1e-5
        )


def test_the_file_gets_the_photos_that_torch_gets(tmp_path, photos):
    """Upright by EXIF, and from CMYK, palettes, alpha, 16 bits and 1 bit to RGB of 8."""
    path = classifier(tmp_path / "net.onnx")
    results = hubcore.predict(str(path), photos)
    assert len(results) == 6
    for result in results:
        image = result.source.open()
        assert (
            result.size == image.size == ((40, 60) if "turned" in result.source.name else (60, 40))
        )
        found = {one.label: one.probability for one in result.classes}
        expected = dict(zip(["red", "green", "blue"], probabilities(image), strict=True))
        assert found == pytest.approx(expected, abs=1e-5)
        assert result.made_by == "net V1"


def test_many_photos_are_predicted_by_several_threads_in_order(tmp_path):
    path = classifier(tmp_path / "net.onnx")
    images = [Image.new("RGB", (30, 20), (number, 0, 255 - number)) for number in range(50)]
    bad = [*images[:7], b"no image", *images[7:]]
    found = Predictor(path, workers=4)(bad, on_error="return")
    assert isinstance(found.pop(7), hubcore.prediction.Failure)
    for image, result in zip(images, found, strict=True):
        assert result.classes[0].probability == pytest.approx(max(probabilities(image)), abs=1e-5)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_objects_with_masks_are_found_drawn_and_written(engine, tmp_path, capsys):
    """What fills up is left out, as is what has a low score."""
    pytest.importorskip(engine)
    shapes = [
        ("boxes", F32, (1, 4, 4)),
        ("scores", F32, (1, 4)),
        ("labels", I64, (1, 4)),
        ("count", I64, (1,)),
        ("masks", BOOL, (1, 4, 48, 64)),
    ]
    masks = np.zeros((1, 4, 48, 64), bool)
    masks[0, 0, 10:20, 5:30] = True
    values = {
        "boxes": np.float32([[[5, 10, 30, 20], [1, 2, 3, 4], [0, 0, 9, 9], [0, 0, 0, 0]]]),
        "scores": np.float32([[0.9, 0.6, 0.2, 0]]),
        "labels": np.int64([[2, 1, 1, 0]]),
        "count": np.int64([3]),
        "masks": masks,
    }
    # All outputs depend on the image, or the file would not need it.
    nodes = [node("ReduceMin", "image", "least", keepdims=0)]
    nodes += [node("Cast", "least", "nothing", to=F32)]
    nodes += [node("Mul", "nothing zero", "none")]
    for name, kind, _ in shapes:
        nodes += [node("Cast", f"{name}_", f"{name}_f", to=F32)]
        nodes += [node("Add", f"{name}_f none", f"{name}_s")]
        nodes += [node("Cast", f"{name}_s", name, to=kind)]
    constants = [(f"{name}_", value) for name, value in values.items()]
    constants += [("zero", np.float32(0))]
    path = write(
        tmp_path / "net.onnx",
        "instance-segmentation",
        nodes,
        [("image", U8, (1, "height", "width", 3))],
        shapes,
        constants,
    )
    [result] = hubcore.predict(path, Image.new("RGB", (64, 48)), engine=engine)
    assert [(one.label, round(one.score, 3), one.box) for one in result.detections] == [
        ("blue", 0.9, (5.0, 10.0, 30.0, 20.0)),
        ("green", 0.6, (1.0, 2.0, 3.0, 4.0)),
    ]
    assert result.annotations()[0]["area"] == 250
    assert result.draw().size == (640, 480 + result.draw().height - 480)
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    out = tmp_path / "out"
    assert main(["predict", str(path), str(tmp_path / "a.png"), "--output", str(out)]) == 0
    assert "green" in capsys.readouterr().out
    assert (out / "a-net.png").is_file()


def test_flow_and_masks_are_arrays_that_are_drawn_and_written(tmp_path):
    pair = [(name, U8, (1, "height", "width", 3)) for name in ("first", "second")]
    nodes = [
        node("Cast", "first", "a", to=F32),
        node("Cast", "second", "b", to=F32),
        node("Sub", "b a", "difference"),
        node("Transpose", "difference", "moved", perm=[0, 3, 1, 2]),
        node("Slice", "moved start end one", "flow"),
    ]
    constants = [("start", [0]), ("end", [2]), ("one", [1])]
    constants = [(name, np.array(value)) for name, value in constants]
    shapes = [("flow", F32, (1, 2, "height", "width"))]
    path = write(tmp_path / "flow.onnx", "optical-flow", nodes, pair, shapes, constants)
    images = Image.new("RGB", (32, 24)), Image.new("RGB", (32, 24), (3, 4, 9))
    [result] = hubcore.predict(path, [images])
    assert (result.minimum, result.mean, result.maximum) == (5, 5, 5)
    assert result.flow.shape == (2, 24, 32)
    assert result.annotations() == [{"magnitude": {"min": 5, "mean": 5, "max": 5}}]
    assert result.draw().width > 32

    nodes = [
        node("Gather", "image first", "red", axis=3),
        node("Cast", "red", "wide", to=I64),
        node("Div", "wide most", "mask"),
    ]
    constants = [("first", np.int64(0)), ("most", np.int64(128))]
    shapes = [("mask", I64, ("batch", "height", "width"))]
    path = write(tmp_path / "seg.onnx", "semantic-segmentation", nodes, [IMAGE], shapes, constants)
    image = Image.new("RGB", (40, 30))
    image.paste((200, 0, 0), (0, 0, 10, 30))
    [result] = hubcore.predict(path, image)
    assert [(one.label, one.share) for one in result.classes] == [("red", 0.75), ("green", 0.25)]
    assert result.annotations()[1]["bbox"] == [0, 0, 10, 30]
    assert result.draw().width >= 640


def test_clips_of_a_video_are_averaged(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(8):
        Image.new("RGB", (20, 10), (255 * (number >= 4), 0, 0)).save(frames / f"{number}.png")
    nodes = [
        node("Cast", "image", "floats", to=F32),
        node("ReduceMean", "floats axes", "means", keepdims=0),
        node("Div", "means unit", "probabilities"),
    ]
    path = write(
        tmp_path / "video.onnx",
        "video-classification",
        nodes,
        [("image", U8, ("batch", 4, "height", "width", 3))],
        [("probabilities", F32, ("batch", 3))],
        [("axes", np.array([1, 2, 3])), ("unit", np.float32(255))],
        sampling={"clip_len": 4, "clips_per_video": 2},
    )
    [result] = hubcore.predict(path, frames)
    assert result.classes[0].probability == pytest.approx(0.5)  # of a dark clip and a red one


# -- Without torch


def test_no_torch_is_imported_to_predict_and_draw(tmp_path, photos):
    path = classifier(tmp_path / "net.onnx")
    done = hub_without_torch("predict", path, photos, "--json", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["info"] == {
        "model": str(path),
        "weights": "Net_Weights.V1",
        "canonical": "acme/Net_Weights.V1",
        "sha256": "ab" * 32,
        "task": "image-classification",
    }
    assert len(document["images"]) == len(list((tmp_path / "out").iterdir())) == 6


# -- What is refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": 3}, "newer hub-export"),
        ({"schema": "1"}, "'schema' is '1'"),
        ({"task": "image-compression"}, "does not support the task"),
        ({"task": 5}, "'task' is 5"),
        ({"task": "optical-flow"}, "no output flow"),
        ({"categories": "abc"}, "'categories' is no list"),
        ({"categories": [1]}, "'categories' is no list"),
        ({"inputs": []}, "'inputs' is no list"),
        ({"inputs": [{"name": "x", "dtype": "uint8", "shape": [-1]}]}, "the shape of"),
        ({"inputs": [{"name": "x", "dtype": "uint8", "shape": ["n"]}]}, "says that it has x"),
        ({"sha256": "../../etc/passwd"}, "'sha256' is no digest"),
        ({"preprocessing": []}, "'preprocessing' is"),
        ({"raw": True}, "contradict"),
        ({"sampling": {"clip_len": 10**9}}, "'clip_len' of 'sampling'"),
        ({"sampling": 5}, "cannot be used"),
        ({"made_with": 5}, "cannot be used"),
        ({"text": "{"}, "cannot be used"),
        ({"text": "[" * 100_000}, "cannot be used"),
        ({"text": "[]"}, "it is no object"),
    ],
    ids=str,
)
def test_a_file_that_says_wrong_things_is_refused_in_a_sentence(changes, reason, tmp_path):
    text = changes.get("text")
    path = classifier(tmp_path / "net.onnx", **changes)
    with pytest.raises(hubcore.HubError, match=re.escape(reason)):
        hubcore.predict(path, Image.new("RGB", (8, 8)))
    assert text is None or read_metadata(path, "hubcore") == text


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"crop_size": 10**9}, "'crop_size' is 1000000000"),
        ({"resize_size": None}, "'resize_size' is None"),
        ({"crop_size": True}, "'crop_size' is True"),
        ({"std": [0, 0, 0]}, "no finite numbers"),
        ({"mean": [1, 2]}, "not three numbers"),
        ({"mean": [float("nan")] * 3}, "not three numbers"),
        ({"interpolation": "os.system"}, "The interpolation 'os.system'"),
    ],
    ids=str,
)
def test_a_preprocessing_that_cannot_be_is_refused(settings, reason):
    usual = {"crop_size": 8, "resize_size": 9, "mean": [0.5] * 3, "std": [0.5] * 3}
    with pytest.raises(FileError, match=re.escape(reason)):
        preprocessing("hubcore.transforms:ImageClassification", {**usual, **settings})


def test_what_a_file_names_is_never_imported(tmp_path, monkeypatch):
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(FileError, match="is not known without torch"):
        preprocessing("evil:ImageClassification", {})


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "folder", "plain", "random"])
def test_a_damaged_file_is_refused_in_a_sentence(damage, tmp_path, capsys):
    path = classifier(tmp_path / "net.onnx")
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "plain":
        model = onnx.load(path)
        del model.metadata_props[:]
        onnx.save(model, path)
    else:
        path.write_bytes({
            "cut": content[:-40],
            "text": b"This is no ONNX file, just text.\n" * 9,
            "empty": b"",
            "random": np.random.default_rng(0).bytes(5000),
        }[damage])  # fmt: skip
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert main(["predict", str(path), str(tmp_path / "a.png")]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert error.count("\n") == 1


def test_outputs_that_lie_cost_only_the_input(tmp_path):
    """A class beyond the names has a number, and an output of a wrong shape is a failure."""
    path = classifier(tmp_path / "net.onnx", categories=["one"])
    [result] = hubcore.predict(path, Image.new("RGB", (8, 8), "blue"))
    assert result.classes[0].label == "class 2"
    nodes = [node("Cast", "image", "mask", to=I64)]
    shapes = [("mask", I64, ("batch", "height", "width", 3))]
    path = write(tmp_path / "seg.onnx", "semantic-segmentation", nodes, [IMAGE], shapes)
    [failure] = Predictor(path)([Image.new("RGB", (8, 8))], on_error="return")
    assert isinstance(failure, hubcore.prediction.Failure) or failure.mask.shape == (8, 8, 3)


def test_rules_for_licences_and_locks_hold_for_files(tmp_path, monkeypatch):
    path, image = classifier(tmp_path / "net.onnx"), Image.new("RGB", (8, 8))
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=permissive")
    with pytest.raises(LicenseError, match="MIT"):
        hubcore.predict(path, image)
    monkeypatch.setenv("HUBCORE_LICENSES", "allow=permissive")
    assert hubcore.predict(path, image)
    monkeypatch.delenv("HUBCORE_LICENSES")
    (tmp_path / "hub.lock").write_text('{"lock": 1, "plugins": {}, "weights": {}}')
    monkeypatch.setenv("HUBCORE_LOCK", str(tmp_path / "hub.lock"))
    with pytest.raises(LockError):
        hubcore.predict(path, image)


@pytest.mark.parametrize(
    "options", [{"device": "cuda"}, {"dtype": "bfloat16"}, {"compile": True}, {"optimize": True}]
)
def test_options_of_torch_are_refused(options, tmp_path):
    path = classifier(tmp_path / "net.onnx")
    with pytest.raises(hubcore.HubError, match=f"does not take {next(iter(options))}"):
        Predictor(path, **options)


# -- Names of engines


def test_an_unknown_engine_is_told_with_similar_names():
    with pytest.raises(UnknownNameError, match="Did you mean 'onnxruntime'"):
        hubcore.predict("resnet18", "a.png", engine="onnx-runtime")
    with pytest.raises(UnknownNameError, match="Engines: onnxruntime, openvino, torch"):
        find_engine("zzz")


def test_an_absent_package_is_told_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("hubcore.prediction.engines.find_spec", lambda name: None)
    for name in ("onnxruntime", "openvino"):
        with pytest.raises(MissingDependencyError, match=rf"'hub-engines\[{name}\]'"):
            find_engine(name)
    with pytest.raises(MissingDependencyError, match=r"'hub-engines\[onnxruntime\]'"):
        hubcore.predict(tmp_path / "a.onnx", "a.png")


def test_without_the_package_its_name_is_told(monkeypatch):
    monkeypatch.setattr("hubcore.prediction.engines.entry_points", lambda group: iter(()))
    with pytest.raises(UnknownNameError, match=r"pip install 'hub-engines\[openvino\]'"):
        hubcore.predict("resnet18", "a.png", engine="openvino")
    with pytest.raises(MissingDependencyError, match=r"'hub-engines\[onnxruntime\]'"):
        hubcore.predict("a.onnx", "a.png")


def test_torch_reads_no_exported_files():
    with pytest.raises(hubcore.HubError, match="'torch' reads no exported files"):
        hubcore.predict("a.onnx", "a.png", engine="torch")


def documented_engine():
    """The example of docs/engines.md: its entry point, its JSON file and its code."""
    text = (ROOT / "docs" / "engines.md").read_text()
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL))
    return blocks["toml"], blocks["json"], blocks["python"]


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    """The documented engine, installed."""
    entry, facts, code = documented_engine()
    site = tmp_path / "site"
    site.mkdir()
    [value] = re.findall(r'= "(.*)"', entry)
    module = value.partition(":")[0]
    package = site / module.partition(".")[0]
    package.mkdir()
    (package / "__init__.py").touch()
    (package / f"{module.rpartition('.')[2]}.json").write_text(facts)
    (package / f"{module.rpartition('.')[2]}.py").write_text(code)
    text = f"[hubcore.engines]\nonnx-reference = {value}\n"
    write_dist_info(site, "acme_engines", text)
    monkeypatch.syspath_prepend(str(site))
    yield package
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_the_documented_engine_predicts(third_party, tmp_path, photos):
    path = classifier(tmp_path / "net.onnx")
    ours = hubcore.predict(path, photos)
    theirs = hubcore.predict(path, photos, engine="acme-engines/onnx-reference")
    assert [str(one) for one in ours] == [str(one) for one in theirs]


def test_an_engine_that_is_broken_costs_only_itself(third_party, tmp_path):
    (third_party / "reference.json").write_text('{"onnx-reference": {"files": "onnx"}}')
    path, image = classifier(tmp_path / "net.onnx"), Image.new("RGB", (8, 8))
    assert {one.name: one.status for one in all_engines()}["onnx-reference"] == "broken"
    with pytest.raises(PluginError, match="pip uninstall acme-engines"):
        hubcore.predict(path, image, engine="onnx-reference")
    (third_party / "reference.json").unlink()
    (third_party / "reference.py").write_text("Reference = 5")
    with pytest.raises(hubcore.HubError, match="reads no exported files"):
        hubcore.predict(path, image, engine="onnx-reference")
    assert hubcore.predict(path, image)


def test_descriptions_keep_what_later_versions_add():
    text = json.dumps(about("image-classification", [IMAGE], [IMAGE], {"later": {"x": 1}}))
    assert Description.from_text(text, "a file").categories == ("red", "green", "blue")
