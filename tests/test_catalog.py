"""Reading a catalogue: what is wrong is said with its place, and nothing is guessed at."""

import copy
import json

import pytest

from hubcore.catalogs.catalog import SCHEMA, Catalog
from hubcore.errors import CatalogError, IncompatibleCatalogError

GOOD = {
    "schema": 1,
    "models": {
        "toy": {
            "task": "image-classification",
            "architecture": ["acme.models:toy", {"depth": 3}],
            "head": ["fc"],
            "weights": "Toy_Weights",
        }
    },
    "weights": {
        "Toy_Weights": {
            "builder": "toy",
            "default": "V1",
            "members": {
                "V1": {
                    "url": "https://example.org/toy-01234567.pth",
                    "sha256": "01234567",
                    "transforms": "acme:transforms",
                    "meta": {},
                }
            },
        }
    },
}


def changed(path, value):
    """The good catalogue with one value replaced (or removed, for ``...``)."""
    data = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place = data
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


def test_a_good_catalogue_is_read():
    catalog = Catalog(GOOD, "acme", "1.0")
    model = catalog.models["toy"]
    assert (model.canonical, model.task, model.head) == (
        "acme/toy",
        "image-classification",
        ("fc",),
    )
    assert model.architecture.target == "acme.models:toy"
    assert model.architecture.keywords == {"depth": 3}
    weights = catalog.weights["Toy_Weights"]
    assert weights.find("default") == weights.find("v1") == "V1"
    assert weights.find("V2") is None


def test_unknown_keys_are_ignored():
    data = changed("models.toy.colour", "green")
    assert "toy" in Catalog({**data, "future": {}}, "acme").models


MEMBER = "weights.Toy_Weights.members.V1"


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("schema", ..., '"schema" must be an integer'),
        ("schema", "1", '"schema" must be an integer'),
        ("schema", True, '"schema" must be an integer'),
        ("models", [], '"models" must be an object'),
        ("models.toy", "x", "models.toy: must be an object"),
        ("models.a/b", {"task": "t", "architecture": "a:b"}, "not a valid name"),
        ("models.toy.task", ..., '"task" must be a string'),
        ("models.toy.architecture", 3, r"models.toy.architecture: expected \"module:attribute\""),
        ("models.toy.weights", 3, '"weights" must name an enum'),
        ("models.toy.head", "fc", '"head" must be a list'),
        ("models.toy.parameters", [], '"parameters" must be an object'),
        ("weights.not an enum", GOOD["weights"]["Toy_Weights"], "not a Python identifier"),
        ("weights.Toy_Weights.builder", ..., '"builder" must name the model'),
        ("weights.Toy_Weights.members", {}, "at least one entry"),
        ("weights.Toy_Weights.default", "V9", "names 'V9', which is not a member"),
        ("weights.Toy_Weights.aliases", {"OLD": "V0"}, "names 'V0', which is not a member"),
        (f"{MEMBER}.url", ..., r"members.V1: \"url\" must be a string"),
        (f"{MEMBER}.sha256", "0123", '"sha256" must be 8 to 64'),
        (f"{MEMBER}.sha256", "ABCDEF01", '"sha256" must be 8 to 64 lower-case'),
        (f"{MEMBER}.meta", [], '"meta" must be an object'),
        (f"{MEMBER}.transforms", ..., "V1.transforms: expected"),
        ("lists", {"x": "../../secret.json"}, "not a path below the catalogue"),
        ("lists", {"x": "/etc/passwd"}, "not a path below the catalogue"),
    ],
)
def test_each_fault_is_named_with_its_place(path, value, complaint):
    with pytest.raises(CatalogError, match=complaint) as caught:
        Catalog(changed(path, value), "acme")
    assert "'acme'" in str(caught.value)


def test_a_newer_format_is_refused_with_the_remedy():
    with pytest.raises(IncompatibleCatalogError, match="upgrade hubcore"):
        Catalog(changed("schema", SCHEMA + 1), "acme")


@pytest.mark.parametrize(("text", "complaint"), [("{", "not valid JSON"), (None, "cannot be read")])
def test_an_unreadable_file_is_named(tmp_path, text, complaint):
    path = tmp_path / "catalog.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CatalogError, match=complaint) as caught:
        Catalog.read(path, "acme")
    assert str(path) in str(caught.value)


def test_lists_are_the_catalogues_own_or_the_cores(tmp_path):
    (tmp_path / "labels.json").write_text('["rose", "tulip"]')
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({**GOOD, "lists": {"flowers": "labels.json"}}))
    catalog = Catalog.read(path, "acme")
    assert catalog.named_list("flowers") == ["rose", "tulip"]
    assert catalog.named_list("imagenet-1k")[0] == "tench"
    with pytest.raises(CatalogError, match="'@nothing' cannot be read"):
        catalog.named_list("nothing")
