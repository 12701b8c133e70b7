"""Arguments that name code: classes, partials and objects inside of an architecture's arguments."""

import json
from dataclasses import dataclass
from functools import partial

import pytest
import torch
from third_parties import Plain, offer, path_of
from torch import nn

import hubcore
from hubcore.catalogs.allowed import DataReference, Origin, references
from hubcore.catalogs.checking import check
from hubcore.errors import CatalogError
from hubcore.packages.references import Reference
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread", "own_home")


@dataclass
class Width:
    channels: int = 8


class Net(nn.Module):
    """Configured as libraries do it: a class of layers, an object with settings, and layers."""

    def __init__(self, norm_layer, config, layers, num_classes=10):
        super().__init__()
        self.config, self.norm_layer = config, norm_layer
        self.stem, self.norm = nn.Conv2d(3, config["width"].channels, 3), norm_layer(8)
        self.body = nn.Sequential(*layers)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.fc(self.body(self.norm(self.stem(x))).mean((2, 3)))


ARGUMENTS = {
    "norm_layer": {"@object": ["torch.nn:GroupNorm", {"*": [4]}]},
    "config": {"width": {"@call": [f"{__name__}:Width", {"channels": 8}]}},
    "layers": [
        {"@call": ["torch.nn:Conv2d", {"in_channels": 8, "out_channels": 8, "kernel_size": 3}]},
        {"@call": "torch.nn:ReLU"},
    ],
}


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    layers = [nn.Conv2d(8, 8, 3), nn.ReLU()]
    model = Net(partial(nn.GroupNorm, 4), {"width": Width()}, layers)
    torch.save(model.state_dict(), tmp_path / "net.pth")
    return model, tmp_path / "net.pth"


@pytest.mark.parametrize("can_skip", [True, False])
def test_a_model_is_built_from_nested_arguments(can_skip, checkpoint):
    """Loaded strictly, with a new head as well, and found faithful by the check."""
    original, path = checkpoint
    architecture = [path_of(Net), ARGUMENTS]
    with offer(path, architecture, can_skip_initialisation=can_skip):
        built = hubcore.get_model("acme", weights="DEFAULT").eval()
        again = hubcore.get_model("acme", weights="DEFAULT", num_classes=3)
        faults = [
            finding
            for part in ("schema", "names", "parameters", "head", "loading", "faithful")
            for finding in CHECKS[part](Subject.of_plugin("acme"))
            if isinstance(finding, Fault)
        ]
    assert faults == []
    assert isinstance(built.config["width"], Width)
    assert isinstance(built.norm_layer, partial)
    x = torch.rand(1, 3, 12, 12)
    assert torch.equal(built(x), original(x))
    assert again.fc.out_features == 3
    assert torch.equal(again.stem.weight, original.stem.weight)
    assert again.body[0] is not built.body[0]


def test_what_users_give_replaces_what_the_catalogue_says(checkpoint):
    """And is theirs: no reference is looked for in it."""
    given = {"width": Width(8), "more": [{"@call": "os:abort"}]}
    with offer(checkpoint[1], [path_of(Net), ARGUMENTS]):
        assert hubcore.get_model("acme", config=given).config is given


def test_layers_are_positional_arguments():
    made = Reference.from_json(
        ["torch.nn:Sequential", {"*": [{"@call": "torch.nn:ReLU"}, {"@call": "torch.nn:GELU"}]}]
    )()
    assert [type(layer) for layer in made] == [nn.ReLU, nn.GELU]


def test_preprocessing_can_be_a_pipeline():
    steps = [
        {"@call": ["torchvision.transforms.v2:CenterCrop", {"size": 4}]},
        {"@call": ["torchvision.transforms.v2:Pad", {"padding": 1}]},
    ]
    made = Reference.from_json(["torchvision.transforms.v2:Compose", {"transforms": steps}])()
    assert made(torch.zeros(3, 8, 8)).shape == (3, 6, 6)


@pytest.mark.parametrize(
    "inner",
    [
        {"@call": 1},
        {"@call": ["os:getcwd"]},
        {"@object": {"x": 1}},
        {"@object": "torch.nn:ReLU", "inplace": True},
        {"@call": ["torch.nn:Sequential", {"*": {}}]},
        [[{"@call": None}]],
        {"a": {"@call": ["torch.nn:ReLU", {"inplace": {"@object": 3}}]}},
    ],
)
def test_another_form_sets_its_catalogue_aside(inner):
    model = {"task": "image-classification", "architecture": ["torch.nn:ReLU", {"x": inner}]}
    with pytest.raises(CatalogError, match=r'acme\.json: models\.net\.architecture: .*("@|"\*)'):
        check({"schema": 1, "models": {"net": model}}, "acme.json")


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"@call":["torch.nn:ReLU",{"x":'])
def test_arguments_without_end_are_a_sentence(opening):
    closing = {"[": "]", "{": "}"}
    end = "".join(closing[mark] for mark in reversed(opening) if mark in closing)
    value = json.loads(opening * 300 + "1" + end * 300)
    model = {"task": "image-classification", "architecture": ["torch.nn:ReLU", {"x": value}]}
    with pytest.raises(CatalogError, match="nested too deeply"):
        check({"schema": 1, "models": {"net": model}}, "acme.json")


def test_all_that_a_catalogue_may_run_is_told():
    """`hub catalog trust` and `hub bundle` show it before anything runs."""
    data = {"models": {"net": {"architecture": [path_of(Net), ARGUMENTS]}}}
    assert [one.target for one in references(data)] == [
        path_of(Net), "torch.nn:GroupNorm", f"{__name__}:Width", "torch.nn:Conv2d", "torch.nn:ReLU",
    ]  # fmt: skip


def data_file(architecture, origin=Origin.DATA):
    return DataReference.of(architecture, origin, "the remedy")


def test_a_data_file_names_classes_of_modules_in_arguments():
    layers = {"*": [{"@call": "torch.nn:ReLU"}, {"@call": ["torch.nn:PReLU", {"init": 0.5}]}]}
    assert [type(one) for one in data_file(["torch.nn:Sequential", layers])()] == [
        nn.ReLU,
        nn.PReLU,
    ]
    norm = {"norm_layer": {"@object": ["torch.nn:BatchNorm2d", {"eps": 0.5}]}}
    assert data_file(["torchvision.models:resnet18", norm])().bn1.eps == 0.5


@pytest.mark.parametrize(
    "inner",
    [
        {"@call": ["subprocess:getoutput", {"cmd": "touch marker"}]},
        {"@object": "os:abort"},
        {"@object": "builtins:eval"},
        {"@call": ["functools:partial", {"*": [{"@object": "os:abort"}]}]},
        # Given as a layer it would be called with what the model gives it: weights, perhaps.
        {"@object": "torchvision.models:resnet18"},
        {"@call": ["torchvision.models:resnet18", {"weights": "DEFAULT"}]},
        {"@call": ["torchvision.models.detection:fasterrcnn_resnet50_fpn", {}]},
        {"@call": ["torch.nn:Sequential", {"*": [{"@call": ["os:mkdir", {"path": "marker"}]}]}]},
    ],
)
@pytest.mark.parametrize("where", ["*", "deep"])
def test_a_data_file_runs_nothing_else_through_arguments(inner, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = {"*": [inner]} if where == "*" else {"x": [{"y": {"z": inner}}]}
    for origin in (Origin.DATA, Origin.REGISTERED):
        with pytest.raises(CatalogError, match=r"is not used: .* the remedy"):
            data_file(["torch.nn:Sequential", arguments], origin)()
    assert not list(tmp_path.iterdir())


def test_a_data_file_gives_builders_no_positional_arguments():
    """torchvision's take an old `pretrained` in the first place, and would fetch weights."""
    with pytest.raises(CatalogError, match="to classes, only"):
        data_file(["torchvision.models:resnet18", {"*": [True]}])()


def test_a_registered_catalogue_may_name_the_program_s_own_in_arguments():
    made = data_file(
        [path_of(Net), {**ARGUMENTS, "layers": [{"@call": path_of(Plain)}]}], Origin.REGISTERED
    )()
    assert isinstance(made.body[0], Plain)
