"""Published weights, exported by torch and run without it: photos, and an environment of wheels."""

import json

import pytest
from environments import ROOT, Environment, build_wheel, needs_checkout
from photos import CHELSEA, PHOTOS, imagenet_photos, import_mobilenet

import hubcore
from hub_export import export
from hubcore.prediction import Predictor
from hubcore.store import default_store
from hubcore.weights.bundles import create_bundle

pytestmark = pytest.mark.sweep

WEIGHTS = "IMAGENET1K_V1"


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory):
    """A store with the published weights, and files exported from them: whole and bare."""
    folder = tmp_path_factory.mktemp("mobilenet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBCORE_HOME", str(folder / "home"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        import_mobilenet()
        export("mobilenet_v2", folder / "whole.onnx", weights=WEIGHTS)
        export("mobilenet_v2", folder / "bare.onnx", weights=WEIGHTS, raw=True)
        yield folder


@pytest.fixture(autouse=True)
def home(request, monkeypatch):
    if "mobilenet" in request.fixturenames:
        folder = request.getfixturevalue("mobilenet")
        monkeypatch.setenv("HUBCORE_HOME", str(folder / "home"))
        monkeypatch.setenv("HUBCORE_OFFLINE", "1")


def compared(found, expected, most):
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.source.name == theirs.source.name
        assert ours.size == theirs.size
        assert ours.classes[0].label == theirs.classes[0].label
        chances = {one.category_id: one.probability for one in ours.classes}
        for one in theirs.classes:
            assert chances.get(one.category_id, one.probability) == pytest.approx(
                one.probability, abs=most
            )


@pytest.mark.parametrize(
    ("model", "engine", "most"),
    [
        ("mobilenet_v2", "onnxruntime", 1e-4),
        ("mobilenet_v2", "openvino", 1e-4),
        ("bare.onnx", "onnxruntime", 1e-4),
        ("bare.onnx", "openvino", 1e-4),
        ("whole.onnx", "onnxruntime", 0.02),  # its resize may differ by a level
    ],
)
def test_photos_get_the_labels_that_torch_gives(mobilenet, model, engine, most):
    photos = [CHELSEA, *(path for path, _ in imagenet_photos())]
    expected = Predictor("mobilenet_v2", WEIGHTS)(photos)
    options = {"weights": WEIGHTS}
    if model.endswith(".onnx"):
        model, options = mobilenet / model, {}
    compared(hubcore.predict(model, photos, engine=engine, **options), expected, most)


@needs_checkout
def test_an_environment_without_torch_predicts(mobilenet, tmp_path):
    """hubcore, a family and an engine from their wheels: a file, and a model from a bundle."""
    hubcore.predict("mobilenet_v2", CHELSEA, weights=WEIGHTS, engine="onnxruntime")
    member, bundle = hubcore.get_weight(f"MobileNet_V2_Weights.{WEIGHTS}"), tmp_path / "b.hub"
    create_bundle([member], bundle, default_store())
    made = Environment(tmp_path / "venv", hidden=("torch", "functorch", "timm", "transformers"))
    projects = (ROOT, ROOT / "plugins/hub-classification", ROOT / "plugins/hub-engines")
    made.install(*(build_wheel(project, tmp_path / "wheels") for project in projects))
    assert made.run("import torch").returncode == 1
    home = {"HUBCORE_OFFLINE": "1"}
    assert made.hub("bundle", "import", bundle, "--trust", **home).returncode == 0
    named = ("mobilenet_v2", PHOTOS, "--weights", WEIGHTS, "--engine", "onnxruntime")
    for arguments in ((mobilenet / "whole.onnx", PHOTOS), named):
        done = made.hub("predict", *arguments, "--json", "--output", tmp_path / "out", **home)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)["annotations"]
        assert [found[0]["category"], found[5]["category"]] == ["Egyptian cat", "espresso"]
        assert made.hub("predict", *arguments, **home).returncode == 0
    assert len(list((tmp_path / "out").iterdir())) == 4
    refused = made.hub("predict", "resnet18", PHOTOS, "--engine", "onnxruntime", **home)
    assert "pip install 'hub-engines[export]'" in refused.stderr
    refused = made.hub("predict", *named[:4], **home)
    assert "needs 'torch', which is not installed" in refused.stderr
