"""Plugins come and go with their distributions, and a broken one costs only itself.

Real wheels in a real environment: an extra family, a broken one, an incompatible one, and two
that clash.
"""

import json

import pytest
from environments import build_wheel, write_plugin

ARCHITECTURE = "torchvision.models:resnet18"
TRANSFORMS = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]


def catalog(model, enum=None, **extra):
    data = {"schema": 1, "models": {model: {"task": "tests", "architecture": ARCHITECTURE}}}
    if enum:
        member = {"url": "https://example.org/w-01234567.pth", "transforms": TRANSFORMS, "meta": {}}
        data["models"][model]["weights"] = enum
        data["weights"] = {enum: {"builder": model, "default": "V1", "members": {"V1": member}}}
    return {**data, **extra}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Builds the wheel of a small plugin."""

    def pack(name, *args, **kwargs):
        folder = tmp_path_factory.mktemp(name)
        return build_wheel(write_plugin(folder, name, *args, **kwargs), folder / "dist")

    return pack


@pytest.fixture
def installed(environment, packed):
    """Installs small plugins for one test."""
    names = []

    def install(name, *args, **kwargs):
        environment.install(packed(name, *args, **kwargs))
        names.append(name)

    yield install
    if names:
        environment.uninstall(*names)


def listing(environment, **env):
    result = environment.hub("list", "--json", **env)
    return [row["name"] for row in json.loads(result.stdout)], result.stderr


def statuses(environment, **env):
    result = environment.hub("plugins", "--json", **env)
    return {row["distribution"]: row for row in json.loads(result.stdout)["plugins"]}


def test_a_family_appears_and_disappears_with_its_distribution(environment, packed):
    assert listing(environment) == ([], "")
    environment.install(packed("acme-birds", catalog("sparrow")))
    assert listing(environment) == (["sparrow"], "")
    environment.uninstall("acme-birds")
    assert listing(environment) == ([], "")


def test_listing_runs_no_code_of_a_plugin(environment, installed):
    installed("acme-explosive", catalog("mine"), code="raise SystemExit('imported')")
    assert listing(environment) == (["mine"], "")
    assert environment.hub("show", "mine").returncode == 0


def test_a_broken_plugin_costs_one_warning_that_says_how_to_remove_it(environment, installed):
    installed("acme-birds2", catalog("robin"))
    installed("acme-broken", "{ this is no JSON")
    names, stderr = listing(environment)
    assert names == ["robin"]
    assert stderr.count("warning") == 1
    assert "acme-broken" in stderr
    assert "pip uninstall acme-broken" in stderr
    found = statuses(environment)
    assert (found["acme-birds2"]["status"], found["acme-broken"]["status"]) == ("ok", "broken")
    assert "not valid JSON" in found["acme-broken"]["error"]
    doctor = environment.hub("doctor")
    assert doctor.returncode == 1
    assert "pip uninstall acme-broken" in doctor.stdout


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('x = "acme.sub:catalog.json"', "must name a top-level package"),
        ('x = "acme_no_such_package:catalog.json"', "was not found"),
        ('x = "acme_entry:absent.json"', "cannot be read"),
    ],
)
def test_a_wrong_entry_point_is_reported(environment, installed, entry, complaint):
    installed("acme-entry", catalog("wren"), entry=entry)
    status = statuses(environment)["acme-entry"]
    assert status["status"] == "broken"
    assert complaint in status["error"]


def test_a_newer_format_is_incompatible_not_guessed_at(environment, installed):
    installed("acme-future", catalog("phoenix", schema=2))
    names, stderr = listing(environment)
    assert names == []
    assert "upgrade hubcore" in stderr
    assert statuses(environment)["acme-future"]["status"] == "incompatible"


def test_disabled_plugins_are_left_out_silently(environment, installed):
    installed("acme-loud", "broken")
    assert listing(environment, HUBCORE_DISABLE="acme-loud") == ([], "")
    assert statuses(environment, HUBCORE_DISABLE="acme_loud")["acme-loud"]["status"] == "disabled"


def test_strict_turns_the_warning_into_an_error(environment, installed):
    installed("acme-strict", "broken")
    result = environment.hub("list", HUBCORE_STRICT="1")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "acme-strict" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_clash_raises_at_look_up_and_names_both(environment, installed):
    installed("acme-one", catalog("heron", "Heron_Weights"))
    installed("acme-two", catalog("heron", "Heron_Weights"))
    assert listing(environment) == (["acme-one/heron", "acme-two/heron"], "")
    result = environment.hub("show", "heron")
    assert result.returncode == 1
    assert "'acme-one/heron' or 'acme-two/heron'" in result.stderr
    result = environment.run("import hubcore; hubcore.get_weight('Heron_Weights.V1')")
    assert "AmbiguousNameError" in result.stderr
    assert "acme-one/Heron_Weights" in result.stderr
    result = environment.run(
        "import hubcore; print(hubcore.get_weight('acme-two/Heron_Weights.V1'))"
    )
    assert result.stdout.strip() == "Heron_Weights.V1"


def test_a_built_in_familys_bare_name_keeps_its_meaning(environment, installed, wheels):
    environment.install(wheels("hub-video"))
    try:
        installed("acme-video", catalog("r3d_18", "R3D_18_Weights"))
        names, _ = listing(environment)
        assert {"r3d_18", "acme-video/r3d_18"} <= set(names)
        result = environment.run(
            "import hubcore\n"
            "print(hubcore.get_weight('R3D_18_Weights.DEFAULT').url)\n"
            "print(hubcore.get_weight('acme-video/r3d_18_weights.default').url)"
        )
        first, second = result.stdout.split()
        assert "download.pytorch.org" in first
        assert "example.org" in second
    finally:
        environment.uninstall("hub-video")


def test_a_missing_architecture_package_is_named_when_the_model_is_built(environment, installed):
    data = catalog("owl")
    data["models"]["owl"]["architecture"] = "acme_absent_package:owl"
    installed("acme-owls", data)
    assert listing(environment) == (["owl"], "")
    result = environment.run("import hubcore; hubcore.get_model('owl')")
    assert "pip install" in result.stderr.splitlines()[-1]
    assert "acme_absent_package" in result.stderr.splitlines()[-1]
