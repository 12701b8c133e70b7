"""OpenVINO's own files, written by hub-export, predict without torch."""

import json
import subprocess
import sys

import pytest
import torch
import torchvision
from photos import CHELSEA, COFFEE

import hubcore
from hubcore.cli import main
from hubcore.store import default_store

pytest.importorskip("openvino")

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


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Seeded weights of squeezenet1_1 for three classes, in a store with a catalogue for them."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    torch.manual_seed(0)
    model = torchvision.models.squeezenet1_1(num_classes=3)
    model.classifier[1].weight.data *= 30  # so that the classes differ
    torch.save(model.state_dict(), tmp_path / "tiny.pth")
    blob = default_store().add(tmp_path / "tiny.pth")
    member = {
        "url": "https://models.example.org/tiny.pth",
        "sha256": blob.name,
        "license": "MIT",
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
        "meta": {"categories": ["daisy", "rose", "tulip"]},
    }
    enum = {"builder": "squeezenet1_1", "default": "V1", "members": {"V1": member}}
    (tmp_path / "home" / "catalogs").mkdir()
    catalog = {"schema": 1, "weights": {"Tiny_Weights": enum}}
    (tmp_path / "home" / "catalogs" / "tiny.json").write_text(json.dumps(catalog))
    hubcore.refresh()
    yield ("--weights", "Tiny_Weights.V1")
    monkeypatch.undo()
    hubcore.refresh()


def document(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_file_predicts_without_torch(weights, tmp_path, capsys):
    """Its preprocessing is outside, since OpenVINO resizes otherwise: the pixels are torch's."""
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "tiny.xml"
    assert main(["export", "squeezenet1_1", *weights, "--output", str(file), "--json"]) == 0
    assert document(capsys)["metadata"]["preprocessing"]["why"]
    assert {one.name for one in file.parent.iterdir()} == {"tiny.xml", "tiny.bin"}
    assert main(["predict", "squeezenet1_1", str(CHELSEA), str(COFFEE), *weights, "--json"]) == 0
    expected = [one["score"] for one in document(capsys)["annotations"]]
    done = subprocess.run(
        [sys.executable, "-c", GUARD, "predict", file, CHELSEA, COFFEE, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [one["score"] for one in json.loads(done.stdout)["annotations"]]
    assert found == pytest.approx(expected, abs=1e-4)
    for content, message in (("<net><layers/></net>", "does not say"), ("<svg/>", "another kind")):
        file.write_text(content)
        assert main(["predict", str(file), str(CHELSEA)]) == 1
        assert message in capsys.readouterr().err
    file.write_text("<net")
    assert main(["predict", str(file), str(CHELSEA)]) == 1
    assert "is not an OpenVINO file" in capsys.readouterr().err
