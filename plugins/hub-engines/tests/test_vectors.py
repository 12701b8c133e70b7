"""Embeddings by engines without torch: the vectors that torch gives, and refusals in words."""

import json
from importlib.util import find_spec

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from photos import CHELSEA, COFFEE, PHOTOS, imagenet_photos, import_mobilenet
from without_torch import hub_without_torch

import hubcore
from hub_embed import EmbeddingFile
from hub_engines import FileError
from hub_export import ExportError, export
from hubcore.cli import main
from hubcore.prediction import PredictionError

ENGINES = [name for name in ("onnxruntime", "openvino") if find_spec(name)]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def colours(path, **facts):
    """A file of which the vector of an image is its mean colour, normalised."""
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input", "axes"], ["vector"], keepdims=0)],
        "g",
        [helper.make_tensor_value_info("input", 1, ["batch", 3, 32, 32])],
        [helper.make_tensor_value_info("vector", 1, ["batch", 3])],
        [numpy_helper.from_array(np.array([2, 3]), "axes")],
    )
    settings = {"crop_size": 32, "resize_size": 32, "mean": MEAN, "std": STD}
    about = {
        "schema": 2,
        "task": "image-classification",
        "model": "acme/colours",
        "weights": "acme/Colours_Weights.V1",
        "sha256": "ab" * 32,
        "license": "MIT",
        "categories": [],
        "preprocessing": {
            "target": "hubcore.transforms:ImageClassification",
            "settings": settings,
            "inside": False,
        },
        "raw": True,
        "vectors": {"layer": "input of fc"},
        "inputs": [{"name": "input", "dtype": "float32", "shape": ["batch", 3, 32, 32]}],
        "outputs": [{"name": "vector", "dtype": "float32", "shape": ["batch", 3]}],
        "made_with": {"hub-export": "0.1.0"},
        **facts,
    }
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(made, {"hubcore": json.dumps(about)})
    onnx.save(made, path)
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_of_vectors_embeds_without_torch(engine, tmp_path):
    path, output = colours(tmp_path / "colours.onnx"), tmp_path / "f.parquet"
    done = hub_without_torch("embed", path, PHOTOS, "-o", output, "--engine", engine)
    assert done.returncode == 0, done.stderr
    made = EmbeddingFile.read(output)
    assert [made.origin.model, made.origin.layer] == ["acme/colours", "input of fc"]
    assert made.origin.preprocessing["crop_size"] == 32
    cat, coffee = made.vectors * STD + MEAN
    assert cat[0] > cat[2]
    assert coffee[0] > coffee[2]
    done = hub_without_torch("embed", "mobilenet_v2", PHOTOS, "-o", output)
    assert done.returncode == 1
    assert "needs 'torch', which is not installed" in done.stderr
    found = hubcore.embed(path, [CHELSEA, COFFEE], engine=engine)
    np.testing.assert_allclose([one.vector for one in found], made.vectors, atol=1e-5)
    assert "3 numbers" in str(found[0])


def test_a_file_is_used_for_what_it_gives_only(tmp_path, capsys):
    vectors = colours(tmp_path / "vectors.onnx")
    assert main(["predict", str(vectors), str(CHELSEA)]) == 1
    assert "gives vectors, not predictions: use hub embed" in capsys.readouterr().err
    classes = colours(tmp_path / "classes.onnx", schema=1)
    about = {"schema": 1, "vectors": None}
    with pytest.raises(FileError, match="'vectors'"):
        hubcore.embed(colours(tmp_path / "x.onnx", **about), CHELSEA)
    with pytest.raises(PredictionError, match="of 'input of fc', no others"):
        hubcore.embed(vectors, CHELSEA, layer="layer4")
    with pytest.raises(PredictionError, match="leave out spatial"):
        hubcore.embed(vectors, CHELSEA, spatial=True)
    model = onnx.load(classes)
    about = json.loads(model.metadata_props[0].value)
    del about["vectors"]
    helper.set_model_props(model, {"hubcore": json.dumps(about)})
    onnx.save(model, classes)
    with pytest.raises(PredictionError, match="hub export --vectors"):
        hubcore.embed(classes, CHELSEA)


def test_what_no_engine_gives_is_said_before_anything_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    for model, options, words in (
        ("fasterrcnn_resnet50_fpn", {}, "torch gives those of 'fasterrcnn_resnet50_fpn'"),
        ("resnet50", {"spatial": True}, "leave out engine or spatial"),
        ("resnet50", {"device": "cuda"}, "does not take device"),
    ):
        with pytest.raises(PredictionError, match=words):
            hubcore.embed(model, CHELSEA, engine="onnxruntime", **options)


@pytest.mark.sweep
def test_vectors_of_photos_are_those_of_torch(tmp_path, monkeypatch):
    """Of the head's input and of a layer, exported at the first use and kept for both engines."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    import_mobilenet()
    photos = [CHELSEA, COFFEE, *(path for path, _ in imagenet_photos())]
    for layer in (None, "features.3"):
        options = {"weights": "IMAGENET1K_V1", "layer": layer}
        expected = np.stack(
            [one.vector for one in hubcore.embed("mobilenet_v2", photos, **options)]
        )
        for engine in ENGINES:
            found = hubcore.embed("mobilenet_v2", photos, engine=engine, **options)
            difference = np.abs([one.vector for one in found] - expected).max()
            assert difference <= 1e-4 * np.abs(expected).max()  # 1e-3 is promised
    assert len(list(tmp_path.glob("derived/*/*.onnx"))) == 2


def test_only_what_vectors_can_be_made_of_is_exported(tmp_path):
    for model, options, words in (
        ("raft_small", {"vectors": True}, "only of models for"),
        ("resnet18", {"layer": "layer1"}, "for vectors only"),
    ):
        with pytest.raises(ExportError, match=words):
            export(model, tmp_path / "x.onnx", **options)
    assert not list(tmp_path.iterdir())
