"""The layers: no import runs upwards or sideways, and no modules import each other in a circle."""

import sys
from itertools import chain
from pathlib import Path

import pytest
from environments import ROOT
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

sys.path.insert(0, str(ROOT / "scripts"))
import layers

PLUGINS = {
    package.name: package.parent
    for package in ROOT.glob("plugins/*/hub_*")
    if (package / "__init__.py").exists()
}


@pytest.fixture(scope="module")
def ours():
    return layers.imports_of("hubcore")


@pytest.fixture(scope="module")
def everything():
    """The imports of hubcore and of every plugin of the repository, installed or not."""
    with pytest.MonkeyPatch.context() as patch:
        for project in PLUGINS.values():
            patch.syspath_prepend(str(project))
        yield layers.imports_of("hubcore", *PLUGINS)


def test_every_room_has_a_floor(ours):
    assert {layers.room_of(module) for module in ours} == set(layers.FLOORS)


def test_no_import_runs_upwards_or_sideways(ours):
    assert layers.violations(ours) == []


def test_no_modules_import_each_other_in_a_circle(everything):
    assert layers.circle(everything) == []


def test_the_core_imports_no_plugin(everything):
    reached = {
        (module, target)
        for module, targets in everything.items()
        for target in targets
        if module.startswith("hubcore") and not target.startswith("hubcore")
    }
    assert reached == set()


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_imports_only_plugins_that_it_requires(everything, package):
    project = tomllib.loads((PLUGINS[package] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    lines = [*project["dependencies"], *chain.from_iterable(extras)]
    required = {Requirement(line).name.replace("-", "_") for line in lines}
    imported = {
        target.partition(".")[0]
        for module, targets in everything.items()
        if module.partition(".")[0] == package
        for target in targets
    }
    assert imported - {package} <= required


def test_the_public_names_of_hubcore_come_from_below():
    """They are imported by their names as text, which the table of imports cannot show."""
    import hubcore

    for home in hubcore._HOMES:
        assert layers.FLOORS[home.partition(".")[0]] < layers.FLOORS["__init__"]


WAYS = {
    "at the top": "from pack import up",
    "inside a function": "def f():\n    from . import up",
    "for types": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack.up import Name"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_import_is_seen_wherever_it_stands(tmp_path, monkeypatch, way):
    package = tmp_path / "pack"
    package.mkdir()
    for name, code in {"__init__": "", "low": WAYS[way], "up": "from . import low"}.items():
        (package / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    imports = layers.imports_of("pack")
    floors = {"low": 0, "up": 1, "__init__": 2}
    assert layers.violations(imports, floors) == ["pack.low imports pack.up, which is up"]
    assert layers.violations(imports, {**floors, "up": 0}) == [
        "pack.low imports pack.up, which is sideways",
        "pack.up imports pack.low, which is sideways",
    ]
    assert set(layers.circle(imports)) == {"pack.low", "pack.up"}


@pytest.mark.parametrize("room", [room for room in layers.FLOORS if room != "__init__"])
def test_every_room_says_what_it_is_for(room):
    folder = ROOT / "hubcore" / room
    assert layers.purpose(room)
    if folder.is_dir():
        text = (folder / "__init__.py").read_text("utf-8").partition('"""')[2].partition('"""')[0]
        assert len(text.split("\n\n")) > 1, "a folder also says what it must not know"


def test_contributing_shows_the_same_table():
    text = layers.CONTRIBUTING.read_text("utf-8")
    assert layers.with_table(text) == text, "run scripts/layers.py"
    assert all(f"`{room}`" in text for room in layers.FLOORS)


def test_the_picture_is_up_to_date(ours):
    assert layers.picture(ours) == Path(layers.PICTURE).read_text("utf-8"), "run scripts/layers.py"
