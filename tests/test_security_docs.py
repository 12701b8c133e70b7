"""docs/security.md: each promise names tests that exist; each section says what is no promise."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PLUGINS = sorted(TESTS.parent.glob("plugins/*/tests"))
TEXT = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
SECTIONS = {part.partition("\n")[0]: part.partition("\n")[2] for part in TEXT.split("\n## ")[1:]}


def rows(section):
    """The promises of a section and the tests of each."""
    table = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    assert table[:2] == ["| what is promised | test |", "|---|---|"]
    cells = (line.strip("|").rsplit("|", 1) for line in table[2:])
    return [(promise.strip(), tests.strip()) for promise, tests in cells]


def test_the_adversaries_are_all_there():
    words = (
        "mirror",
        "bucket",
        "peer",
        "network",
        "package",
        "checkpoint",
        "catalogue",
        "user",
        "image",
    )
    assert len(SECTIONS) == len(words)
    for word, section in zip(words, SECTIONS, strict=True):
        assert word in section


@pytest.mark.parametrize("section", SECTIONS)
def test_each_promise_names_tests_that_exist(section):
    assert rows(section)
    for promise, cell in rows(section):
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", cell)
        assert named, promise
        assert cell == ", ".join(f"`{file}::{test}`" for file, test in named)
        for file, test in named:
            place = next((p for p in (TESTS, *PLUGINS) if (p / file).exists()), TESTS)
            source = (place / file).read_text("utf-8")
            assert re.search(rf"^def {test}\(", source, re.MULTILINE), f"{file}::{test}"


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_says_what_is_not_promised(section):
    assert re.search(r"^Not promised:\n\n- ", SECTIONS[section], re.MULTILINE)
