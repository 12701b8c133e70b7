"""A model is exported at an engine's first use, kept in the store, and then run without torch."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
import torchvision
from photos import CHELSEA, COFFEE

import hubcore
from hub_engines import kept
from hubcore.cli import main
from hubcore.errors import MissingDependencyError
from hubcore.prediction import PredictionError, Predictor
from hubcore.store import default_store

ENGINES = [name for name in ("onnxruntime", "openvino") if find_spec(name)]

GUARD = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "onnx"}:
            raise ImportError(f"{name} was imported")
sys.meta_path.insert(0, Refuse())
from hubcore.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Seeded weights of squeezenet1_1 for three classes, in a store with a catalogue for them."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBCORE_HOME", str(folder / "home"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        torch.manual_seed(0)
        model = torchvision.models.squeezenet1_1(num_classes=3)
        model.classifier[1].weight.data *= 30  # so that the classes differ
        torch.save(model.state_dict(), folder / "tiny.pth")
        blob = default_store().add(folder / "tiny.pth")
        member = {
            "url": "https://models.example.org/tiny.pth",
            "sha256": blob.name,
            "license": "MIT",
            "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
            "meta": {"categories": ["daisy", "rose", "tulip"]},
        }
        enum = {"builder": "squeezenet1_1", "default": "V1", "members": {"V1": member}}
        (folder / "home" / "catalogs").mkdir()
        catalog = {"schema": 1, "weights": {"Tiny_Weights": enum}}
        (folder / "home" / "catalogs" / "tiny.json").write_text(json.dumps(catalog))
        hubcore.refresh()
        hubcore.predict("squeezenet1_1", CHELSEA, weights="Tiny_Weights.V1", engine="onnxruntime")
        yield folder, blob.name
    hubcore.refresh()


@pytest.fixture(autouse=True)
def home(weights, monkeypatch):
    monkeypatch.setenv("HUBCORE_HOME", str(weights[0] / "home"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    hubcore.refresh()


def files(weights):
    """What is kept of the weights, without records."""
    [entry] = [one for one in default_store().entries() if one.sha256 == weights[1]]
    return list(entry.derived)


def document(capsys):
    return json.loads(capsys.readouterr().out)


COMMAND = ("predict", "squeezenet1_1", CHELSEA, COFFEE, "--weights", "Tiny_Weights.V1", "--json")


def test_each_engine_gives_what_torch_gives_from_one_file(weights, capsys):
    kept_files = files(weights)
    assert {file.suffix for file in kept_files} == {".data", ".onnx"}
    assert main([*map(str, COMMAND)]) == 0
    expected = document(capsys)
    for engine in ENGINES:
        assert main([*map(str, COMMAND), "--engine", engine]) == 0
        found = document(capsys)
        for ours, theirs in zip(found["annotations"], expected["annotations"], strict=True):
            assert ours.pop("score") == pytest.approx(theirs["score"], abs=1e-4)
            assert ours == {key: value for key, value in theirs.items() if key != "score"}
        assert {**found, "annotations": []} == {**expected, "annotations": []}
    assert files(weights) == kept_files


def test_after_the_first_use_no_torch_is_imported(weights):
    before = {file: file.stat() for file in files(weights)}
    for engine in ENGINES:
        done = subprocess.run(
            [sys.executable, "-c", GUARD, *COMMAND, "--engine", engine],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["annotations"]) == 6
    assert {file: file.stat() for file in files(weights)} == before


def test_without_hub_export_what_is_kept_serves_and_the_rest_says_what_to_do(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "hub_export", None)
    options = {"weights": "Tiny_Weights.V1", "engine": "onnxruntime"}
    assert hubcore.predict("squeezenet1_1", CHELSEA, **options)
    monkeypatch.setattr(kept, "_REVISION", 0)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hub-engines\[export\]'"):
        hubcore.predict("squeezenet1_1", CHELSEA, **options)


def test_what_is_kept_is_verified_and_goes_with_its_weights(weights, monkeypatch, capsys):
    """A file that was changed is not run: it is taken for absent, and told and removed."""
    store = default_store()
    for file in files(weights):
        content = file.read_bytes()
        assert kept._find(weights[1], "onnx-")
        file.chmod(0o644)
        file.write_bytes(content[:-1] + b"x")
        assert kept._find(weights[1], "onnx-") is None
        assert main(["cache", "verify"]) == 0
        assert "its converted copy was damaged" in capsys.readouterr().out
        assert not file.exists()
        file.write_bytes(content)  # its bytes are again what the record says
        assert kept._find(weights[1], "onnx-")
    from hubcore.store.upkeep import removal_of

    [entry] = [one for one in store.entries() if one.sha256 == weights[1]]
    assert {*files(weights)} < {*removal_of(store, entry, "named").paths}


def test_a_file_is_for_one_set_of_facts(weights):
    """Another preprocessing or model makes another name."""
    from hubcore.catalogs.names import find_model

    member = hubcore.get_weight("Tiny_Weights.V1")
    names = {
        kept._key(find_model("squeezenet1_1"), member, True),
        kept._key(find_model("squeezenet1_1"), member, False),
        kept._key(find_model("squeezenet1_0"), member, True),
        kept._key(
            find_model("squeezenet1_1"), hubcore.get_weight("SqueezeNet1_1_Weights.DEFAULT"), True
        ),
    }
    assert len(names) == 4


def test_what_has_no_name_is_refused_in_a_sentence():
    model = torchvision.models.squeezenet1_1().eval()
    with pytest.raises(PredictionError, match="by name"):
        Predictor(model, "SqueezeNet1_1_Weights.IMAGENET1K_V1", engine="onnxruntime")
