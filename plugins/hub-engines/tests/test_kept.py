"""A model is exported at an engine's first use, kept in the store, and then run without torch.

What hub-export would write is written here by hand, since an export takes ten seconds:
test_exported.py makes real ones and compares their results with torch's.
"""

import json
import resource
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torchvision
from onnx import helper, numpy_helper
from photos import CHELSEA, COFFEE
from without_torch import hub_without_torch

import hub_export
import hubcore
from hub_engines import kept
from hubcore.cli import main
from hubcore.errors import MissingDependencyError
from hubcore.info import weights_info
from hubcore.prediction import PredictionError, Predictor
from hubcore.prediction.engines.base import Vectors
from hubcore.store import default_store

ENGINES = [name for name in ("onnxruntime", "openvino") if find_spec(name)]


def written(model, output, *, weights, format, raw, one_size, progress):
    """Writes a small ONNX file as hub-export does: two of the classes see red, the third blue."""
    assert (format, raw, one_size) == ("onnx", True, True)
    mixed = np.array([[9, 3, -9], [0, 0, 0], [-9, -9, 9]] * 2000, np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["input", "axes"], ["means"], keepdims=0),
            helper.make_node("Slice", ["mixed", "zero", "three"], ["matrix"]),
            helper.make_node("MatMul", ["means", "matrix"], ["output"]),
        ],
        "g",
        [helper.make_tensor_value_info("input", 1, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("output", 1, ["batch", 3])],
        [
            numpy_helper.from_array(np.asarray(value), name)
            for name, value in (("axes", [2, 3]), ("mixed", mixed), ("zero", [0]), ("three", [3]))
        ],
    )
    known = weights_info(weights)
    about = {
        "schema": 1,
        "task": "image-classification",
        "model": model,
        "weights": known.canonical,
        "sha256": weights.value.files[0].digest,
        "license": "MIT",
        "categories": weights.meta["categories"],
        "preprocessing": {
            "target": known.preprocessing.target,
            "settings": dict(known.preprocessing.settings),
            "inside": False,
        },
        "raw": True,
        "inputs": [{"name": "input", "dtype": "float32", "shape": ["batch", 3, "h", "w"]}],
        "outputs": [{"name": "output", "dtype": "float32", "shape": ["batch", 3]}],
        "made_with": {"hub-export": hub_export.__version__},
    }
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(made, {"hubcore": json.dumps(about)})
    onnx.save(made, output)
    return SimpleNamespace(path=output)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights of squeezenet1_1 for three classes, in a store with a catalogue for them."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBCORE_HOME", str(folder / "home"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        (folder / "tiny.pth").write_bytes(b"never read")
        blob = default_store().add(folder / "tiny.pth")
        member = {
            "url": "https://models.example.org/tiny.pth",
            "sha256": blob.name,
            "license": "MIT",
            "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
            "meta": {"categories": ["daisy", "rose", "violet"]},
        }
        enum = {"builder": "squeezenet1_1", "default": "V1", "members": {"V1": member}}
        (folder / "home" / "catalogs").mkdir()
        catalog = {"schema": 1, "weights": {"Tiny_Weights": enum}}
        (folder / "home" / "catalogs" / "tiny.json").write_text(json.dumps(catalog))
        hubcore.refresh()
        patch.setattr(hub_export, "export", written)
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


COMMAND = ("predict", "squeezenet1_1", CHELSEA, COFFEE, "--weights", "Tiny_Weights.V1", "--json")


def test_after_the_first_use_no_torch_is_imported_and_all_engines_use_one_file(weights):
    before = {file: file.stat() for file in files(weights)}
    assert {file.suffix for file in before} == {".data", ".onnx"}
    found = []
    for engine in ENGINES:
        done = hub_without_torch(*COMMAND, "--engine", engine)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout)["annotations"])
        assert [one["category"] for one in found[-1][::3]] == ["daisy", "daisy"]
    for one, other in zip(found[0], found[-1], strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=1e-4)
        assert {**one, "score": 0} == {**other, "score": 0}
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


def test_what_an_older_exporter_made_is_pruned(weights, monkeypatch, capsys):
    """Once another is installed; where none is, as on a machine without torch, it serves."""
    from importlib import metadata

    def reasons():
        assert main(["cache", "prune", "--json"]) == 0
        return {one["file"]: one["reason"] for one in json.loads(capsys.readouterr().out)}

    installed = metadata.version

    def absent(name):
        if name == "hub-export":
            raise metadata.PackageNotFoundError(name)
        return installed(name)

    names = {file.name for file in files(weights)}
    assert not names & {*reasons()}
    monkeypatch.setattr(metadata, "version", absent)
    assert not names & {*reasons()}
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name == "hub-export" else "0")
    assert dict.fromkeys(names, "outdated").items() <= reasons().items()


def test_a_file_is_for_one_set_of_facts(weights):
    """Another preprocessing or model makes another name."""
    from hubcore.catalogs.names import find_model

    member = hubcore.get_weight("Tiny_Weights.V1")
    names = {
        kept._key(find_model("squeezenet1_1"), member, True),
        kept._key(find_model("squeezenet1_1"), member, False),
        kept._key(find_model("squeezenet1_0"), member, True),
        kept._key(find_model("squeezenet1_1"), member, True, Vectors()),
        kept._key(find_model("squeezenet1_1"), member, True, Vectors("features.3")),
        kept._key(
            find_model("squeezenet1_1"), hubcore.get_weight("SqueezeNet1_1_Weights.DEFAULT"), True
        ),
    }
    assert len(names) == 6


def test_what_has_no_name_is_refused_in_a_sentence():
    model = torchvision.models.squeezenet1_1().eval()
    with pytest.raises(PredictionError, match="by name"):
        Predictor(model, "SqueezeNet1_1_Weights.IMAGENET1K_V1", engine="onnxruntime")


@pytest.mark.parametrize("full", ["the temporary folder", "the store"])
def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(weights, monkeypatch, full, capsys):
    """A file may be 8 kB from some step on; the tensors take 72."""
    before = {path for path in weights[0].rglob("*") if path.is_file()}
    monkeypatch.setattr(kept, "_REVISION", 0)  # so that there is none yet
    no_limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limited(step, after=1):
        calls = []

        def call(*args, **options):
            made = step(*args, **options)
            calls.append(made)
            if len(calls) == after:
                resource.setrlimit(resource.RLIMIT_FSIZE, (8192, no_limit[1]))
            return made

        return call

    if full == "the store":
        monkeypatch.setattr(kept, "_split", limited(kept._split, after=2))
    else:
        monkeypatch.setattr(hub_export, "export", limited(written))
    try:
        code = main([*map(str, COMMAND), "--engine", "onnxruntime"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, no_limit)
    assert code == 1
    said = capsys.readouterr().err
    assert said.startswith("hub: ")
    assert "File too large" in said
    assert said.count("\n") == 1
    assert {path for path in weights[0].rglob("*") if path.is_file()} == before
