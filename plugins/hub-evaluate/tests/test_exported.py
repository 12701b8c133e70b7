"""Exported files, and models that an engine without torch runs, are measured as others are."""

import json

import pytest
import torch

import hub_export
import hubcore
from hub_evaluate import check, evaluate
from hubcore.cli import main
from hubcore.store import default_store

pytest.importorskip("onnxruntime")

NET = """
import torch
from torch import nn

class Colours(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))

    def forward(self, images):
        means = images.mean(dim=(2, 3)) * self.scale
        return torch.cat([means, means - 9], dim=1)
"""
PREPROCESSING = {"crop_size": 8, "resize_size": 8, "mean": [0, 0, 0], "std": [1, 1, 1]}


def catalog(digest):
    member = {
        "url": "https://models.example.org/colours.pth",
        "sha256": digest,
        "license": "MIT",
        "transforms": ["hubcore.transforms:ImageClassification", PREPROCESSING],
        "meta": {"categories": ["red", "green", "blue", "a", "b", "c"]},
    }
    model = {
        "task": "image-classification",
        "architecture": "hub_evaluate_colours:Colours",
        "weights": "Colours_Weights",
    }
    enum = {"builder": "colours", "default": "V1", "members": {"V1": member}}
    return {"schema": 1, "models": {"colours": model}, "weights": {"Colours_Weights": enum}}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The small classifier as a model of the hub, with its weights in the store."""
    (tmp_path / "hub_evaluate_colours.py").write_text(NET)
    monkeypatch.syspath_prepend(tmp_path)
    torch.save({"scale": torch.tensor(5.0)}, tmp_path / "colours.pth")
    blob = default_store().add(tmp_path / "colours.pth")
    with hubcore.register(catalog(blob.name), name="acme-colours", trust=True):
        yield


@pytest.fixture
def exported(hub, tmp_path):
    return hub_export.export("colours", tmp_path / "colours.onnx").path


def test_a_file_is_measured_as_its_model_is(exported, images, tmp_path, monkeypatch, capsys):
    """And its record, which names the file and not where it lies, is checked from elsewhere."""
    torch_found = evaluate("colours", images)
    kept_found = evaluate("colours", images, engine="onnxruntime")
    assert kept_found.metrics == pytest.approx(torch_found.metrics)
    record = tmp_path / "record.json"
    given = ["evaluate", str(exported), "--data", str(images), "--record", str(record)]
    assert main([*given, "--speed"]) == 0
    assert "onnxruntime on cpu" in capsys.readouterr().out
    about = json.loads(record.read_text())
    assert about["metrics"]["acc@1"]["value"] == torch_found.metrics["acc@1"].value
    assert about["model"] == "colours.onnx"
    assert about["weights"] == "acme-colours/Colours_Weights.V1"
    assert about["settings"]["engine"] == "onnxruntime"
    assert {"onnxruntime", "hub-engines"} <= about["versions"].keys()
    assert check(record, images, model=exported).equal
    assert main(["evaluate", "--check", str(record), "--data", str(images)]) == 1
    assert "Cannot read colours.onnx" in capsys.readouterr().err
    monkeypatch.chdir(exported.parent)
    assert main(["evaluate", "--check", str(record), "--data", str(images)]) == 0
    assert capsys.readouterr().out.startswith("equal:")
