"""The guides for authors: links, commands and code in them are real."""

import ast
import re
from pathlib import Path

import pytest

from hubcore.cli import _parser
from hubcore.cli.ours import OURS

DOCS = Path(__file__).parents[1] / "docs"
GUIDES = [DOCS / name for name in ("authors.md", "naming.md", "hooks.md")]
TEXTS = {guide.name: guide.read_text("utf-8") for guide in GUIDES}


@pytest.mark.parametrize("guide", TEXTS)
def test_links_to_files_lead_somewhere(guide):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXTS[guide]):
        assert (DOCS / target).exists(), target


@pytest.mark.parametrize("guide", TEXTS)
def test_python_in_the_guides_is_python(guide):
    for block in re.findall(r"```python\n(.*?)```", TEXTS[guide], re.S):
        ast.parse(block)


def test_commands_in_the_tutorial_are_understood():
    """Each is parsed by the command's own parser; the tests of the commands run them."""
    text = TEXTS["authors.md"].replace("\\\n", " ")
    commands = re.findall(r"^    hub ([^\n>]+)", text, re.M)
    assert {command.split()[0] for command in commands} >= {"pack", "check", "predict", "catalog"}
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        assert words[0] in OURS
        assert _parser(words).parse_args(words).run


def test_the_tutorials_facts_are_those_of_the_example():
    catalog = (DOCS.parent / "examples/hub-acme-flowers/acme_flowers/catalog.json").read_text()
    text = TEXTS["authors.md"]
    (address,) = re.findall(r"`(package:acme-flowers/[^`]+)`", text)
    (accuracy,) = re.findall(r"acc@1=([\d.]+)", text)
    assert address in catalog
    assert f'"acc@1": {accuracy}' in catalog
