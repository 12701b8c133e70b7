"""Every entry of our catalogues states its licences and data, or says where was looked."""

import re
from datetime import date
from pathlib import Path

import pytest
from license_expression import get_spdx_licensing

from hubcore.catalogs import licenses
from hubcore.catalogs.catalog import Catalog

PLUGINS = Path(__file__).parents[1] / "plugins"
CATALOGS = sorted(PLUGINS.glob("*/*/catalog.json"))
COUNTS = {
    "hub-classification": 115,
    "hub-detection": 17,
    "hub-optical-flow": 8,
    "hub-quantization": 14,
    "hub-segmentation": 6,
    "hub-timm": 1826,
    "hub-video": 10,
}
SPDX = get_spdx_licensing()


def read(path):
    return Catalog.read(path, path.parts[-3])


def members(catalog):
    for entry in catalog.weights.values():
        for name, member in entry.members.items():
            yield f"{entry.name}.{name}", member


def check(what, statement):
    """A statement has a document with address, summary and date, or says where was looked."""
    if statement.state == "not stated":
        assert statement.looked, what
        assert statement.source is None, what
        return
    source = statement.source
    check_source(what, source)
    assert statement.spdx or statement.url, what
    if statement.spdx and not statement.spdx.startswith("LicenseRef-"):
        assert not SPDX.validate(statement.spdx).errors, what
    assert statement.state == "stated" or "their own" in source.summary, what


def check_source(what, source):
    assert source.title, what
    assert re.match(r"https?://[^ ]+|pkg:pypi/[a-z-]+", source.url), what
    assert 10 < len(source.summary) <= 100, what
    assert "\n" not in source.summary, what
    assert date(2026, 1, 1) < date.fromisoformat(source.date) <= date.today(), what


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_every_weight_has_a_state_with_its_source(path):
    """Weights, code and data: each is stated by a document, or it is said where was looked."""
    catalog = read(path)
    seen = set()
    entries = list(members(catalog))
    assert len(entries) == COUNTS[catalog.distribution]
    for name, member in entries:
        assert isinstance(member["evidence"], str), name  # once for all that have the same
        if member["evidence"] in seen:
            continue
        seen.add(member["evidence"])
        found = licenses.evidence_of(catalog, member)
        for what, statement in licenses.statements(found):
            check(f"{name}: {what}", statement)
        if found.data:
            assert {dataset.name for dataset in found.data} <= licenses.known_datasets().keys()
            check_source(f"{name}: data", found.data[0].source)
        else:
            assert found.data_looked, name
    assert {f"@{name}" for name in catalog.data["evidence"]} == seen


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_the_short_licence_is_that_of_the_evidence(path):
    """What `Weights.license` gives is never more than what a document states of the weights."""
    catalog = read(path)
    for name, member in members(catalog):
        found = licenses.evidence_of(catalog, member).weights
        stated = found.spdx if found.state == "stated" else "unknown"
        assert member["license"] == stated, name


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_timm_states_licences_and_torchvision_only_its_repository(path):
    """The licence of torchvision's repository is not taken for that of its weights."""
    catalog = read(path)
    for name, member in members(catalog):
        found = licenses.evidence_of(catalog, member).weights
        if "download.pytorch.org" in member["url"] and catalog.distribution != "hub-timm":
            swag = "swag" in member["url"]
            assert found.state == ("stated" if swag else "repository"), name
            assert found.spdx == ("CC-BY-NC-4.0" if swag else "BSD-3-Clause"), name


@pytest.mark.parametrize(("name", "dataset"), licenses.known_datasets().items())
def test_data_sets_are_stated_once_with_their_source(name, dataset):
    """Each data set that comes with the hub has a title and terms with a source."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name)
    assert dataset.title
    check(name, dataset.terms)
