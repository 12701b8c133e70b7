"""`model_info` and `weights_info`: what `hub show` knows, from Python and as text."""

import json
import re

import pytest

import hubcore
from hubcore.cli import main
from hubcore.packages.signatures import signature_of

PACK = {
    "schema": 1,
    "weights": {
        "Acme_Weights": {
            "builder": "resnet50",
            "default": "V1",
            "members": {
                "V1": {
                    "url": "https://example.org/acme-0123456789.pth",
                    "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 96}],
                    "license": "MIT",
                    "meta": {"num_params": 23, "categories": ["a", "b"]},
                }
            },
        }
    },
}


@pytest.fixture
def hub(capsys):
    def run(*arguments):
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def pack():
    """A third party's weights for a model of a built-in family."""
    with hubcore.register(PACK, name="acme-pack"):
        yield


def test_weights_tell_the_model_they_fit_their_preprocessing_and_their_digest():
    info = hubcore.weights_info("resnet50_weights.default")
    assert info.canonical == "hub-classification/ResNet50_Weights.IMAGENET1K_V2"
    assert info.model == "hub-classification/resnet50"
    assert info.task == "image-classification"
    assert info.params == 25557032
    assert info.gmacs == 4.089
    assert info.size == 102540417
    assert info.digest == "full"
    assert info.metrics["ImageNet-1K"]["acc@1"] == 80.858
    assert len(info.categories) == 1000
    assert info.cached is None
    assert info == hubcore.weights_info(hubcore.get_weight(info.name))


def test_the_preprocessing_is_whole_and_equals_what_is_built():
    """What the weights leave out is the default of the class, read without importing it."""
    for name in (
        "ResNet50_Weights.DEFAULT",
        "R3D_18_Weights.DEFAULT",
        "FCN_ResNet50_Weights.DEFAULT",
        "SSD300_VGG16_Weights.DEFAULT",
    ):
        settings = hubcore.weights_info(name).preprocessing.settings
        built = hubcore.get_weight(name).transforms()
        assert set(getattr(built, "shown", ())) <= set(settings)
        for setting, value in settings.items():
            actual = getattr(built, setting)
            if setting == "interpolation":
                assert actual.value == value
            elif isinstance(actual, list):
                assert actual == (list(value) if isinstance(value, (list, tuple)) else [value])
            else:
                assert actual == value


@pytest.mark.parametrize(
    "target", ["no_such_package:Class", "hubcore.transforms:None", "hubcore.nothing:x", "json", ":"]
)
def test_what_has_no_readable_source_has_no_defaults(target):
    assert signature_of(target) == ("", {})


def test_a_model_knows_the_weights_of_all_packages(pack, hub):
    info = hubcore.model_info("RESNET50")
    assert [w.name for w in info.weights] == [
        "ResNet50_Weights.IMAGENET1K_V1",
        "ResNet50_Weights.IMAGENET1K_V2",
        "Acme_Weights.V1",
    ]
    assert info.weights[-1].plugin == "acme-pack"
    assert info.default == "IMAGENET1K_V2"
    assert "acme-pack" in hub("show", "resnet50")[1]


def test_a_third_partys_weights_are_listed_and_counted_everywhere(pack, hub):
    (row,) = json.loads(hub("list", "resnet50", "--json")[1])
    assert row["weights"] == 3
    assert hub("list", "--weights", "resnet50", "-q")[1].split()[0] == "Acme_Weights.V1"
    (row,) = json.loads(hub("list", "--weights", "--plugin", "acme-pack", "--json")[1])
    assert row["model"] == "resnet50"
    assert row["task"] == "image-classification"
    assert row["digest"] == "prefix"
    out = hub("show", "acme-pack")[1]
    assert "0 models, 1 set of weights" in out
    assert "Acme_Weights.V1" in out
    assert "0 models, 1 set of weights" in hub("doctor")[1]
    assert re.search(r"^acme-pack .*\b0 +1$", hub("plugins")[1], re.M)


def test_weights_whose_model_is_absent_say_so(hub):
    data = {"schema": 1, "weights": {"W": {**PACK["weights"]["Acme_Weights"], "builder": "other"}}}
    with hubcore.register(data, name="acme-pack"):
        assert hubcore.weights_info("W.V1").model is None
        code, out, _ = hub("show", "W.V1")
        assert (code, "model          not installed" in " ".join(out.splitlines())) == (0, False)
        assert re.search(r"^model +not installed$", out, re.M)
        assert "get_model(" not in out


def test_an_enum_and_a_distribution_can_be_shown(hub):
    code, out, _ = hub("show", "resnet50_weights")
    assert code == 0
    assert "hub-classification/resnet50" in out
    assert "2 sets of weights" in out
    assert [w["name"] for w in json.loads(hub("show", "ResNet50_Weights", "--json")[1])] == [
        "ResNet50_Weights.IMAGENET1K_V1",
        "ResNet50_Weights.IMAGENET1K_V2",
    ]
    for name in ("hub-optical-flow", "optical-flow", "Hub_Optical_Flow"):
        code, out, _ = hub("show", name)
        assert (code, "raft_large" in out, "Raft_Small_Weights.C_T_V2" in out) == (0, True, True)
    assert "Did you mean 'hub-detection'" in hub("show", "hub-detectoin")[2]


@pytest.mark.parametrize(
    "name", ["resnet50", "ResNet50_Weights.IMAGENET1K_V1", "R3D_18_Weights.DEFAULT"]
)
def test_the_snippet_is_python_that_names_what_was_shown(hub, name):
    """It is compiled, and its names are looked up; building needs the file."""
    snippet = hub("show", name)[1].partition("use it\n")[2]
    code = "\n".join(line.strip() for line in snippet.splitlines())
    compile(code, "snippet", "exec")
    for model in re.findall(r"get_model\('([^']+)'", code):
        assert hubcore.model_info(model).default
    for weights in re.findall(r"get_weight\('([^']+)'", code):
        assert hubcore.get_weight(weights)


@pytest.mark.parametrize(
    ("look_up", "complaint"),
    [
        (lambda: hubcore.model_info("resnet51"), "Did you mean 'resnet50'"),
        (lambda: hubcore.weights_info("ResNet50_Weights.V9"), "Did you mean"),
        (lambda: hubcore.weights_info("resnet50"), "resnet50"),
    ],
)
def test_an_unknown_name_is_a_value_error(look_up, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        look_up()
