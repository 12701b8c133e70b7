"""The authors' guide says of its example what the example says. tests/test_docs.py has the rest."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_tutorials_facts_are_those_of_the_example():
    catalog = (DOCS.parent / "examples/hub-acme-flowers/acme_flowers/catalog.json").read_text()
    text = (DOCS / "authors.md").read_text("utf-8")
    (address,) = re.findall(r"`(package:acme-flowers/[^`]+)`", text)
    (accuracy,) = re.findall(r"acc@1=([\d.]+)", text)
    assert address in catalog
    assert f'"acc@1": {accuracy}' in catalog
