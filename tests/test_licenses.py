"""What a catalogue states of licences and training data, and who says so."""

import json

import pytest

import hubcore
from hubcore.catalogs import licenses
from hubcore.catalogs.catalog import Catalog
from hubcore.errors import CatalogError, UnknownNameError

SOURCE = {
    "title": "LICENSE",
    "url": "https://example.org/LICENSE",
    "summary": "Says so.",
    "date": "2026-11-26",
}
MIT = {"state": "stated", "spdx": "MIT", "source": SOURCE}


def catalog(member, **top):
    data = {
        "schema": 1,
        **top,
        "weights": {
            "Net_Weights": {
                "builder": "resnet18",
                "default": "V1",
                "members": {
                    "V1": {
                        "url": "https://example.org/net-0123456789.pth",
                        "transforms": "hubcore.transforms:ImageClassification",
                        **member,
                    }
                },
            }
        },
    }
    return Catalog(data, "hub-acme", "1.2")


def evidence(member, **top):
    made = catalog(member, **top)
    return licenses.evidence_of(made, made.weights["Net_Weights"].members["V1"])


def test_three_facts_are_stated_each_with_its_source():
    """Licence of the weights, of the code, and the data's terms are separate statements."""
    found = evidence(
        {"evidence": "@ours"},
        licenses={"code": {"state": "repository", "spdx": "BSD-3-Clause", "source": SOURCE}},
        datasets={"flowers": {"title": "Flowers", "terms": MIT}},
        evidence={
            "ours": {"weights": MIT, "code": "@code", "data": ["flowers"], "data_source": SOURCE}
        },
    )
    assert (found.weights.state, found.weights.spdx) == ("stated", "MIT")
    assert found.weights.source == licenses.Source(**SOURCE)
    assert str(found.code) == "BSD-3-Clause (repository licence; weights not mentioned)"
    (data,) = found.data
    assert (data.name, data.title, data.terms.spdx) == ("flowers", "Flowers", "MIT")
    assert data.source == licenses.Source(**SOURCE)
    assert dict(licenses.statements(found)) == {
        "weights": found.weights,
        "code": found.code,
        "data set Flowers": data.terms,
    }


@pytest.mark.parametrize("member", [{}, {"license": "unknown"}, {"license": "Unknown"}])
def test_an_older_catalogue_that_says_nothing_is_not_stated(member):
    """Nothing is inferred, and it is told where was looked."""
    found = evidence(member)
    assert found.weights == found.code
    assert found.weights.state == "not stated"
    assert found.weights.looked == found.data_looked == ("the catalogue of hub-acme 1.2",)
    assert found.data == ()


@pytest.mark.parametrize(
    ("license", "spdx", "url"),
    [("MIT", "MIT", None), ("https://example.org/terms", None, "https://example.org/terms")],
)
def test_an_older_catalogue_is_its_own_source(license, spdx, url):
    """The licence that it names is stated by the catalogue, and by nobody else."""
    found = evidence({"license": license}).weights
    assert (found.state, found.spdx, found.url) == ("stated", spdx, url)
    assert found.source.title == "the catalogue of hub-acme 1.2"
    assert found.source.url == ""


def test_data_sets_come_with_the_hub_or_are_unknown():
    """Common data sets are described once; a name that nothing describes states nothing."""
    found = evidence({"evidence": {"data": ["imagenet-1k", "elsewhere"]}})
    imagenet, elsewhere = found.data
    assert imagenet.terms.kind == "non-commercial"
    assert elsewhere.terms.state == "not stated"
    assert "elsewhere" in elsewhere.terms.looked[0]


def test_weights_carry_their_parents_terms():
    """What tuned weights inherit is known even where the parent's package is not."""
    parent = {"name": "hub-x/A_Weights.V1", "sha256": "ab" * 32, "evidence": {"weights": MIT}}
    found = evidence({"parent": parent}).parent
    assert (found.name, found.sha256) == ("hub-x/A_Weights.V1", "ab" * 32)
    assert found.evidence.weights.spdx == "MIT"
    assert ("weights of hub-x/A_Weights.V1", found.evidence.weights) in list(
        licenses.statements(evidence({"parent": parent}))
    )


def test_evidence_as_json_is_complete_in_itself():
    """Read back from a catalogue that has none of the names, it is the same."""
    first = evidence(
        {
            "evidence": "@ours",
            "parent": {"name": "a/B_Weights.C", "evidence": {"code": MIT, "data": ["coco"]}},
        },
        licenses={"own": MIT},
        datasets={"flowers": {"title": "Flowers", "url": "https://f.example", "terms": "@own"}},
        evidence={"ours": {"weights": "@own", "data": ["coco", "flowers"], "data_source": SOURCE}},
    )
    again = evidence(
        {"evidence": licenses.to_json(first), "parent": licenses.parent_json(first.parent)}
    )
    assert again == first
    json.dumps(licenses.to_json(first))


@pytest.mark.parametrize(
    ("member", "top"),
    [
        ({"evidence": 1}, {}),
        ({"evidence": "ours"}, {}),
        ({"evidence": "@"}, {}),
        ({"evidence": "@nobody"}, {}),
        ({"evidence": {"weights": 1}}, {}),
        ({"evidence": {"weights": "@nobody"}}, {}),
        ({"evidence": {"weights": {"state": "perhaps"}}}, {}),
        ({"evidence": {"weights": {"state": "stated", "spdx": "MIT"}}}, {}),
        ({"evidence": {"weights": {"state": "stated", "source": SOURCE}}}, {}),
        ({"evidence": {"weights": {**MIT, "spdx": None}}}, {}),
        ({"evidence": {"weights": {**MIT, "source": {"url": "x"}}}}, {}),
        ({"evidence": {"weights": {**MIT, "source": {**SOURCE, "more": "x"}}}}, {}),
        ({"evidence": {"weights": {**MIT, "source": {**SOURCE, "date": 1}}}}, {}),
        ({"evidence": {"data": "coco"}}, {}),
        ({"evidence": {"data": [1]}}, {}),
        ({"evidence": {"data": [{"title": "x"}]}}, {}),
        ({"evidence": {"data_source": "x"}}, {}),
        ({"parent": "x"}, {}),
        ({"parent": {}}, {}),
        ({"parent": {"name": "x", "sha256": "abc"}}, {}),
        ({"parent": {"name": "x", "evidence": "@ours"}}, {}),
        ({}, {"licenses": []}),
        ({}, {"licenses": {"a": "@b"}}),
        ({}, {"licenses": {"a": {}}}),
        ({}, {"datasets": {"a": "x"}}),
        ({}, {"datasets": {"a": {"terms": "@nobody"}}}),
        ({}, {"evidence": {"a": "@a"}}),
        ({}, {"evidence": {"a": {"code": "@nobody"}}}),
    ],
)
def test_wrong_values_set_a_catalogue_aside(member, top):
    """A wrong type or a dangling name is found when the catalogue is read, and never later."""
    with pytest.raises(CatalogError):
        evidence(member, **top)


def test_evidence_is_found_by_name():
    """A model's name means its default weights; members and any case are understood."""
    by_name = hubcore.license_evidence("ResNet50_Weights.IMAGENET1K_V2")
    assert hubcore.license_evidence("resnet50") == by_name
    assert hubcore.license_evidence("resnet50_weights.default") == by_name
    member = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    assert hubcore.license_evidence(member) == by_name
    for wrong in ("nothing", "ResNet50_Weights.NOTHING", "resnet50.nothing"):
        with pytest.raises(UnknownNameError):
            hubcore.license_evidence(wrong)
