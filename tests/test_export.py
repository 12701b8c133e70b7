"""`hub catalog export`: enums that exist become a catalogue."""

import importlib
import json
import pickle
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from jsonschema import Draft202012Validator

import hubcore
from hubcore.authoring.export import ExportError, export_module
from hubcore.authoring.rows import export_rows
from hubcore.catalogs.catalog import LABELS
from hubcore.cli import main

MODULE = '''
from enum import Enum
from functools import partial

import torch
from torchvision.models import ResNet, WeightsEnum, Weights, resnet18 as _resnet18
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms import InterpolationMode

ready_made = torch.nn.Identity()


class Landsat18_Weights(WeightsEnum):
    V1 = Weights(
        url="https://weights.example.org/landsat18-0123abcd.pth",
        transforms=partial(
            ImageClassification, crop_size=64, interpolation=InterpolationMode.BICUBIC
        ),
        meta={"categories": ["lake", "wood"], "num_params": 3, "license": "MIT",
              "model": torch.nn.ReLU, "_metrics": {"X": {"acc@1": float("nan")}}},
    )
    V2 = Weights(
        url="https://weights.example.org/v2.pth",
        transforms=ready_made,
        meta={"categories": ["lake", "wood"], "parent": V1, "big": list(range(3))},
    )
    DEFAULT = V2
    LATEST = V2


class Other_Weights(Enum):
    """No weights at all."""
    A = 1


def landsat18(weights: Landsat18_Weights | None = None, progress: bool = True, **kwargs):
    if weights is not None:
        kwargs["num_classes"] = len(weights.meta["categories"])
    model = _resnet18(**kwargs)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress))
    return model
'''
ROOT = Path(__file__).parents[1]
SCHEMA = LABELS.parent / "catalog.schema.json"


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "landsat_sample.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("landsat_sample")
    sys.modules.pop("landsat_sample", None)


def test_the_command_writes_a_valid_catalogue_and_says_what_it_left_out(module, capsys):
    assert main(["catalog", "export", "landsat_sample"]) == 0
    out, err = capsys.readouterr()
    catalog = json.loads(out)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(catalog)
    entry = catalog["weights"]["Landsat18_Weights"]
    assert catalog["models"]["landsat18"]["architecture"] == "landsat_sample:landsat18"
    assert entry["default"] == "V2"
    assert entry["aliases"] == {"LATEST": "V2"}
    v1 = entry["members"]["V1"]
    assert v1["sha256"] == "0123abcd"
    assert v1["license"] == "MIT"
    assert v1["transforms"] == [
        "hubcore.transforms:ImageClassification",
        {"crop_size": 64, "interpolation": "bicubic"},
    ]
    assert v1["meta"]["_metrics"] == {"X": {"acc@1": None}}
    assert "meta['model'] is left out" in err
    assert "V2: its address carries no digest" in err


def test_an_exported_catalogue_serves_the_modules_models(module, own_home):
    """Built by the module's own function, given the hub's verified tensors."""
    from hubcore.download.hashing import sha256_of
    from hubcore.store import default_store

    torch.manual_seed(0)
    path = own_home / "landsat.pth"
    expected = torchvision.models.resnet18(num_classes=2)
    torch.save(expected.state_dict(), path)
    default_store().add(path)
    catalog = export_module(module)
    catalog["weights"]["Landsat18_Weights"]["members"]["V1"]["sha256"] = sha256_of(path)
    with hubcore.register(catalog, name="landsat", trust=True):
        model = hubcore.get_model("landsat18", weights="V1")
        assert torch.equal(model.fc.weight, expected.fc.weight)
        member = hubcore.get_weight("Landsat18_Weights.V2")
        assert member.transforms() is module.ready_made
        assert hubcore.get_model_weights("landsat18").LATEST is member
        assert pickle.loads(pickle.dumps(member)) is member


def test_torchvisions_models_are_exported_as_the_families_have_them():
    """The same addresses, digests, preprocessing and facts as in the built-in catalogues."""
    catalog = export_module(torchvision.models)
    assert len(catalog["models"]) >= 80
    for enum, entry in catalog["weights"].items():
        assert hubcore.get_weight(f"{enum}.DEFAULT").name == entry["default"]
        for name, member in entry["members"].items():
            ours = hubcore.get_weight(f"{enum}.{name}")
            assert member["url"] == ours.url
            assert member["transforms"][0] == ours.transforms.target
            assert member["transforms"][1] == ours.transforms.keywords
            assert member["meta"]["num_params"] == ours.meta["num_params"]
            if ours.meta["categories"] is not None:
                assert member["meta"]["categories"] == "@imagenet-1k"


def test_enums_without_a_function_need_a_builder(module, capsys):
    del module.landsat18
    with pytest.raises(ExportError, match="--builder Landsat18_Weights=resnet50"):
        export_module(module)
    catalog = export_module(module, {"Landsat18_Weights": "resnet18"})
    assert "models" not in catalog
    assert catalog["weights"]["Landsat18_Weights"]["builder"] == "resnet18"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_module_of_ours"], "The module 'no_such_module_of_ours' is not installed"),
        (["json"], "has no enums"),
        (["landsat_sample", "--builder", "Landsat18_Weights"], "write --builder ENUM=MODEL"),
    ],
)
def test_bad_input_is_one_clear_line(module, capsys, arguments, message):
    assert main(["catalog", "export", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_validate_accepts_a_catalogue_and_names_faults(module, tmp_path, capsys):
    path = tmp_path / "catalog.json"
    assert main(["catalog", "export", "landsat_sample", "--output", str(path)]) == 0
    assert main(["catalog", "validate", str(path)]) == 0
    catalog = json.loads(path.read_text())
    catalog["weights"]["Landsat18_Weights"]["members"]["V1"]["size"] = -1
    path.write_text(json.dumps(catalog))
    assert main(["catalog", "validate", str(path)]) == 1
    out = capsys.readouterr().out
    assert 'weights.Landsat18_Weights.members.V1: "size" must be a number of bytes' in out


GEO = """
from typing import Any

import torch.nn as nn
import torchvision.transforms.v2 as T
from torchvision.models import Weights, WeightsEnum

_transforms = nn.Sequential(T.CenterCrop(8), T.Normalize(mean=[0], std=[10000], inplace=True))
COMMIT = "https://huggingface.co/acme/geo/resolve/" + 40 * "a"


class Net_Weights(WeightsEnum):
    S1 = Weights(COMMIT + "/s1-3f1a9c2e.pth", _transforms,
                 {"dataset": "X", "in_chans": 2, "bands": ["VV", "VH"], "license": "MIT"})
    S2 = Weights(COMMIT + "/sub/s2.pth", _transforms, {"in_chans": 3, "bands": ["B4", "B3", "B2"]})


def net(weights: Net_Weights | None = None, *args: Any, **kwargs: Any) -> nn.Module:
    if weights:
        kwargs["in_chans"] = weights.meta["in_chans"]
    channels = kwargs.pop("in_chans", 3)
    body = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = nn.Sequential(body, nn.Linear(4, kwargs.pop("num_classes", 5)))
    if weights:
        missing, unexpected = model.load_state_dict(weights.get_state_dict(progress=True), False)
        assert set(missing) <= {"1.weight", "1.bias"}
        assert not unexpected
    return model
"""


def test_the_guides_recipe_for_torchgeos_pattern(tmp_path, monkeypatch, own_home, capsys):
    """Backbones without classes, of many bands, that a function of theirs loads in part.

    `scripts/export_library.py` does the same with TorchGeo itself.
    """
    from hubcore.download.hashing import sha256_of

    (tmp_path / "geo_sample.py").write_text(GEO)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "catalog.json"
    assert main(["catalog", "export", "geo_sample", "--output", str(path)]) == 0
    said = capsys.readouterr().err
    assert 'no licence is stated, so "unknown" is written, for S2.' in said
    assert "carries no digest" not in said
    catalog = json.loads(path.read_text("utf-8"))
    members = catalog["weights"]["Net_Weights"]["members"]
    assert members["S2"]["url"] == f"hf://acme/geo/sub/s2.pth@{40 * 'a'}"
    assert members["S2"]["sha256"] is None  # the repository states it for the commit
    assert members["S1"]["license"] == "MIT"
    assert members["S1"]["meta"]["bands"] == ["VV", "VH"]

    torch.manual_seed(0)
    tensors = {"0.0.weight": torch.rand(4, 2, 3, 3), "0.0.bias": torch.rand(4)}
    torch.save(tensors, tmp_path / "s1.pth")
    members["S1"] |= {
        "url": (tmp_path / "s1.pth").as_uri(),
        "sha256": sha256_of(tmp_path / "s1.pth"),
    }
    path.write_text(json.dumps(catalog), "utf-8")
    with hubcore.register(path, name="acme-geo", trust=True):
        model = hubcore.get_model("net", weights="Net_Weights.S1")
        assert torch.equal(model[0][0].weight, tensors["0.0.weight"])
        assert hubcore.load_report(model).new == ("1.weight", "1.bias")
        made = hubcore.get_weight("Net_Weights.S1").transforms()
        assert made(torch.full((2, 10, 10), 5000.0)).mean() == 0.5
    sys.modules.pop("geo_sample", None)


TABLE = """
from functools import partial

from torch import nn


class Net(nn.Module):
    def __init__(self, norm, widths, act=nn.ReLU, num_classes=3):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, widths[0], 3), norm(widths[0]), act())
        self.fc = nn.Linear(widths[0], num_classes)

    def forward(self, x):
        return self.fc(self.body(x).mean((2, 3)))


TABLES = {
    "net-b0": {"files": {"imagenet+5k": "net-b0-0123abcd.pth", "2021": "net-b0-2.pth"},
               "params": {"norm": partial(nn.BatchNorm2d, eps=0.5), "widths": (4, 8)}},
    "net-b1": {"files": {"imagenet": "net-b1-89abcdef.pth"},
               "params": {"norm": nn.BatchNorm2d, "widths": (8, 8), "act": nn.GELU}},
}


def tensors(checkpoint):
    return checkpoint["model"]


def weights():
    for name, about in TABLES.items():
        for member, file in about["files"].items():
            yield {"model": name, "member": member, "architecture": Net, "convert": tensors,
                   "arguments": about["params"], "head": ["fc"], "default": member == "2021",
                   "url": "https://weights.example.org/" + file, "license": "MIT",
                   "transforms": partial(nn.Identity), "meta": {"categories": ["a", "b", "c"]}}
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    (tmp_path / "table_sample.py").write_text(TABLE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("table_sample")
    sys.modules.pop("table_sample", None)


def test_a_table_of_another_form_is_a_function_of_a_few_lines(table, tmp_path, own_home, capsys):
    """Names are made fit, classes and partials become references, and hubcore builds from them."""
    from hubcore.download.hashing import sha256_of

    path = tmp_path / "catalog.json"
    assert main(["catalog", "export", "table_sample:weights", "--output", str(path)]) == 0
    assert "Row 2 (net-b0, 2021): its address carries no digest" in capsys.readouterr().err
    catalog = json.loads(path.read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(catalog)
    entry = catalog["weights"]["NetB0_Weights"]
    assert (list(entry["members"]), entry["default"]) == (["IMAGENET_5K", "V2021"], "V2021")
    assert catalog["models"]["net-b0"]["architecture"][1] == {
        "norm": {"@object": ["torch.nn.modules.batchnorm:BatchNorm2d", {"eps": 0.5}]},
        "widths": [4, 8],
    }
    torch.manual_seed(0)
    made = table.Net(**table.TABLES["net-b1"]["params"])
    torch.save({"model": made.state_dict(), "epoch": 3}, tmp_path / "seeded.pth")
    catalog["weights"]["NetB1_Weights"]["members"]["IMAGENET"] |= {
        "url": (tmp_path / "seeded.pth").as_uri(),
        "sha256": sha256_of(tmp_path / "seeded.pth"),
    }
    with hubcore.register(catalog, name="acme-tables", trust=True):
        built = hubcore.get_model("net-b1", weights="IMAGENET", num_classes=5)
        assert torch.equal(built.body[0].weight, made.body[0].weight)
        assert isinstance(built.body[2], torch.nn.GELU)
        assert built.fc.out_features == 5


ROW = {
    "model": "net", "member": "V1", "architecture": "torch.nn:Identity",
    "url": "https://weights.example.org/net-0123abcd.pth", "transforms": "torch.nn:Identity",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "There are no rows"),
        ([1], "Row 1 is no dict, but a int"),
        ([{}], "has no 'model'"),
        ([{**ROW, "url": ""}], "Row 1 (net, V1) has no 'url'"),
        ([{**ROW, "md5": "ab"}], "'md5' is no key of models or weights"),
        ([ROW, ROW], "Row 2 (net, V1): Net_Weights.V1 is there already"),
        ([ROW, {**ROW, "member": "V2", "head": ["fc"]}], "another one than in an earlier row"),
        ([ROW, {**ROW, "model": "Net"}], "Net_Weights has weights of net"),
        ([{**ROW, "member": "--"}], "weights cannot be called '--'"),
        ([{**ROW, "member": "default"}], "weights cannot be called 'default'"),
        ([{**ROW, "model": "a b"}], "'a b' is not a valid name"),
        ([{**ROW, "url": "a b"}], '"url" must be a string without spaces'),
        ([{**ROW, "arguments": {"x": object()}}], "Row 1 (net, V1): object"),
        ([{**ROW, "arguments": {"x": float("inf")}}], "an infinite number"),
        ([{**ROW, "arguments": {"x": {1: 2}}}], "must be strings"),
        ([{**ROW, "arguments": {"x": lambda: 1}}], "cannot be imported: define it at the top"),
        ([{**ROW, "meta": {"x": b"1"}}], "bytes"),
        ([{**ROW, "transforms": 3}], 'expected "module:attribute"'),
        ([{**ROW, "arguments": [1]}], "Row 1"),
        ([{**ROW, "sha256": "no"}], '"sha256" must be'),
        ([{**ROW, "files": [{}]}], '"files" must be'),
    ],
)
def test_rows_that_make_no_catalogue_are_a_sentence(rows, says):
    with pytest.raises(ExportError) as error:
        export_rows(rows)
    assert says in str(error.value)


def test_weights_for_a_model_of_another_package_need_no_architecture():
    row = {key: ROW[key] for key in ("member", "url", "transforms")}
    catalog = export_rows([{**row, "model": "hub-classification/resnet50", "enum": "Acme_Weights"}])
    assert "models" not in catalog
    assert catalog["weights"]["Acme_Weights"]["builder"] == "hub-classification/resnet50"


@pytest.mark.parametrize(
    ("function", "says"),
    [("nothing", "has no function 'nothing'"), ("broken", "fails with ZeroDivisionError")],
)
def test_a_function_that_fails_is_one_clear_line(function, says, tmp_path, monkeypatch, capsys):
    (tmp_path / "broken_table.py").write_text("def broken():\n    yield 1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["catalog", "export", f"broken_table:{function}"]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error


def test_the_guide_shows_the_examples_as_they_are():
    guide = (ROOT / "docs" / "authors.md").read_text("utf-8")
    for path in (ROOT / "examples" / "exports").glob("*.py"):
        code = path.read_text("utf-8").partition('"""\n\n')[2].rstrip()
        assert code in guide, path
        # RF-DETR's is longer by what lets `hub predict` run the models, with nothing around them.
        most = 17 if path.stem == "rfdetr_models" else 10
        assert len([line for line in code.splitlines() if line.strip()]) <= most
