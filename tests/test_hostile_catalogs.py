"""Wrong or hostile catalogues cost their own package only, and are shown harmless."""

import json
import subprocess
import sys
import warnings

import pytest
from environments import ROOT

import hubcore
from hubcore.catalogs.catalog import Catalog
from hubcore.catalogs.index import refresh
from hubcore.catalogs.queries import plugins
from hubcore.catalogs.values import RESERVED
from hubcore.cli import main
from hubcore.cli.output import harmless
from hubcore.errors import CatalogError
from hubcore.weights.enums import WeightsEnum

PRESET = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]


def catalogue(member=None, model=None, name="net"):
    url = "https://example.org/w-01234567.pth"
    member = {"url": url, "transforms": PRESET, **(member or {})}
    net = {"task": "t", "architecture": "torchvision.models:resnet18", "weights": "Net_Weights"}
    return {
        "schema": 1,
        "models": {name: {**net, **(model or {})}},
        "weights": {"Net_Weights": {"builder": name, "default": "V1", "members": {"V1": member}}},
    }


def meta(**values):
    return catalogue({"meta": values})


def member_named(name):
    data = catalogue()
    members = data["weights"]["Net_Weights"]["members"]
    members[name] = members.pop("V1")
    return {**data, "weights": {"Net_Weights": {"builder": "net", "members": members}}}


def alias_named(name):
    data = catalogue()
    data["weights"]["Net_Weights"]["aliases"] = {name: "V1"}
    return data


@pytest.mark.parametrize(
    "data",
    [
        meta(num_params="11.7M"),
        meta(num_params=1e400),
        meta(_metrics=[]),
        meta(_metrics={"ImageNet": 3}),
        meta(_metrics={"ImageNet": {"acc@1": "80"}}),
        meta(_ops="1"),
        meta(_file_size="12 MB"),
        meta(categories=[1, 2]),
        meta(min_size=3),
        catalogue({"mirrors": None}),
        catalogue({"mirrors": "https://example.org"}),
        catalogue({"size": "3"}),
        catalogue({"size": -1}),
        catalogue({"license": None}),
        catalogue({"convert": 3}),
        catalogue({"config": []}),
        catalogue({"sampling": {"frame_rate": "15"}}),
        catalogue({"url": "https://example.org/\x1b[2J"}),
        catalogue(model={"doc": 3}),
        catalogue(model={"accepts": {}}),
        catalogue(model={"backbone": "resnet50"}),
        catalogue(model={"pretrained": 3}),
        catalogue(model={"loads_weights": "yes"}),
        catalogue(name="net\x1b[2J"),
        catalogue(name="net\nwork"),
        catalogue(name="n\u0435t"),  # a Cyrillic letter
        catalogue(name="../net"),
        catalogue(name=".."),
        catalogue(name="n" * 201),
        catalogue(model={"parameters": {"\n": None}}),
        *(member_named(name) for name in ("mro", "_value_", "__init__", "_find", "get_state_dict")),
        alias_named("mro"),
        alias_named("name"),
    ],
)
def test_a_wrong_value_sets_its_package_aside(data, own_home, capsys):
    """With its reason and place; every command works, with the other packages' entries."""
    names = hubcore.list_models()
    (own_home / "catalogs").mkdir()
    (own_home / "catalogs" / "acme.json").write_text(json.dumps(data))
    refresh()
    for command in (["list"], ["list", "--sort", "params"], ["cache", "list"], ["plugins"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert main(command) == 0
    [acme] = [plugin for plugin in plugins() if plugin.distribution == "acme"]
    assert acme.status == "broken"
    assert "acme.json: " in acme.error
    assert hubcore.list_models() == names
    assert "\x1b" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": 1, "x": NaN}', "NaN is not JSON"),
        ('{"schema": 1, "x": -Infinity}', "-Infinity is not JSON"),
        ('{"schema": 1, "models": {}, "models": {}}', "the key 'models' twice"),
        (b'{"schema": 1, "x": "\xff"}', "not UTF-8 text"),
        (" " * (65 * 2**20), "larger than"),
    ],
)
def test_hostile_json_is_refused(text, complaint, own_home):
    (own_home / "catalogs").mkdir()
    path = own_home / "catalogs" / "acme.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.warns(UserWarning, match=complaint):
        assert "resnet50" in hubcore.list_models()


def test_no_member_may_have_the_name_of_an_attribute_of_its_enum():
    own = [name for base in WeightsEnum.__mro__[:-1] for name in vars(base) if name[0] != "_"]
    assert {"name", "value", "mro", *own} == RESERVED


def test_a_lists_place_is_named():
    with pytest.raises(CatalogError, match=r"'acme': lists\.x: "):
        Catalog({"schema": 1, "lists": {"x": "../y"}}, "acme")


def test_what_others_wrote_is_shown_harmless(capsys):
    """Texts may hold anything; a terminal is sent no escape, and JSON keeps the value."""
    evil = "good\x1b[2J\x9b1m\u202egnp\r\n\x07 net"
    with hubcore.register(catalogue({"meta": {"_docs": evil, "recipe": evil}}), name="acme"):
        assert main(["show", "Net_Weights.V1"]) == 0
        out = capsys.readouterr().out
        assert "good\\x1b[2J\\x9b1m\\u202egnp" in out
        assert main(["show", "Net_Weights.V1", "--json"]) == 0
        text = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\u202e", "\r", "\x07"} & set(out + text)
    assert json.loads(text)["meta"]["_docs"] == evil
    assert main(["show", "no\x1b[2Jnet"]) == 1
    assert "\x1b" not in capsys.readouterr().err
    assert harmless("Ärger 网\tok\n") == "Ärger 网\tok\n"


def test_changed_at_random_nothing_ends_in_a_traceback():
    """A short run of the script that changes catalogues and bundles."""
    script = ROOT / "scripts" / "fuzz_catalogs.py"
    done = subprocess.run(
        [sys.executable, script, "--count", "150", "--seed", "7"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


CALLED_WRONGLY = {
    "unknown setting": {"crop": 224},
    "missing setting": {},
    "unknown value": {"crop_size": 224, "interpolation": "zzz"},
}


@pytest.mark.parametrize("settings", CALLED_WRONGLY.values(), ids=CALLED_WRONGLY.keys())
def test_preprocessing_that_cannot_be_made_is_named_with_its_settings(settings):
    with hubcore.register(catalogue({"transforms": [PRESET[0], settings]})):
        member = hubcore.get_weight("Net_Weights.V1")
        with pytest.raises(CatalogError, match="ImageClassification does not take"):
            member.transforms()


@pytest.mark.parametrize(
    "model",
    [
        {"architecture": ["torchvision.models:resnet18", {"zzz": 1}]},
        {"backbone": {"weights": "ResNet50_Weights", "pretrained": "IMAGENET1K_V1"}},
    ],
)
def test_an_architecture_is_not_called_with_what_it_does_not_take(model):
    """What the catalogue says wrongly is its error, what the caller says wrongly the caller's."""
    with hubcore.register(catalogue(model=model)):
        given = {"weights_backbone": None} if "backbone" in model else {}
        with pytest.raises(CatalogError, match="resnet18 does not take what its catalogue"):
            hubcore.get_model("net", **given)
        with pytest.raises(TypeError, match="unexpected keyword"):
            hubcore.get_model("net", yyy=2, **given)
