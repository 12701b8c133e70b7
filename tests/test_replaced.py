"""Replaced models and weights: they still resolve, with a warning that names the successor."""

import json
import pickle
import re
import warnings

import pytest
import torch
from jsonschema import Draft202012Validator
from torch import nn

import hubcore
from hubcore.catalogs.catalog import LABELS, Catalog
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.errors import CatalogError
from hubcore.store import default_store

SCHEMA = LABELS.parent / "catalog.schema.json"
MODEL = {
    "task": "image-classification",
    "architecture": ["torch.nn:Linear", {"in_features": 2, "out_features": 3}],
}


@pytest.fixture
def catalog(tmp_path):
    """A catalogue with a replaced model, and replaced weights of another one; registered."""
    path = tmp_path / "old.pth"
    torch.save(nn.Linear(2, 3).state_dict(), path)
    member = {
        "url": "https://example.org/old.pth",
        "sha256": sha256_of(path),
        "transforms": "torch.nn:Identity",
    }
    data = {
        "schema": 1,
        "models": {
            "new_net": {**MODEL, "weights": "Net_Weights"},
            "old_net": {**MODEL, "replaced_by": "new_net"},
        },
        "weights": {
            "Net_Weights": {
                "builder": "new_net",
                "default": "V2",
                "members": {
                    "V1": {**member, "replaced_by": "Net_Weights.V2"},
                    "V2": {**member, "meta": {"recipe": "new"}},
                },
            }
        },
    }
    default_store().add(path)
    with hubcore.register(data, name="acme"):
        yield data


@pytest.mark.parametrize("name", ["Net_Weights.V1", "net_weights.v1", "acme/Net_Weights.V1"])
def test_replaced_weights_resolve_and_the_warning_names_the_successor(catalog, name):
    with pytest.warns(FutureWarning, match=r"Net_Weights.V1 is deprecated: use Net_Weights.V2"):
        member = hubcore.get_weight(name)
    assert member.name == "V1"


@pytest.mark.parametrize("weights", ["V1", "Net_Weights.V1", "member"])
def test_a_builder_warns_once_at_the_line_that_called_it(catalog, weights):
    if weights == "member":
        weights = hubcore.get_model_weights("new_net").V1
    with pytest.warns(FutureWarning, match="use Net_Weights.V2 instead") as caught:
        model = hubcore.get_model("new_net", weights=weights)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert hubcore.load_report(model).weights.name == "V1"


def test_a_replaced_model_is_built_with_a_warning(catalog):
    with pytest.warns(FutureWarning, match="The model 'old_net' is deprecated: use 'new_net'"):
        assert isinstance(hubcore.get_model("old_net"), nn.Linear)


def test_what_is_replaced_is_not_listed(catalog):
    assert hubcore.list_models(plugin="acme") == ["new_net"]
    assert hubcore.list_weights("new_net") == ["Net_Weights.V2"]


def test_current_names_and_member_access_do_not_warn(catalog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        enum = hubcore.get_model_weights("new_net")
        assert enum.V1.url  # looking is not using
        assert pickle.loads(pickle.dumps(enum.V2)) is enum.V2
        hubcore.get_model("new_net", weights="DEFAULT")


def test_the_schema_knows_replaced_by_and_wrong_values_are_refused(catalog):
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    assert validator.is_valid(catalog)
    for place in (
        catalog["models"]["old_net"],
        catalog["weights"]["Net_Weights"]["members"]["V1"],
    ):
        before = place["replaced_by"]
        place["replaced_by"] = 2
        assert not validator.is_valid(catalog)
        with pytest.raises(CatalogError, match="replaced_by"):
            Catalog(catalog, "acme")
        place["replaced_by"] = before


def test_hub_show_names_the_successor(catalog, capsys):
    assert main(["show", "old_net"]) == 0
    assert re.search(r"replaced by +new_net", capsys.readouterr().out)
    assert main(["show", "Net_Weights.V1"]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"replaced by +Net_Weights.V2", out)
    assert "is deprecated: use Net_Weights.V2 instead" in err
