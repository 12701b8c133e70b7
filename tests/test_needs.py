"""Models that need a newer package than is installed: listed as not available, and explained."""

import json
import re
from importlib import metadata

import pytest
from environments import ROOT

import hubcore
from hubcore.cli import main
from hubcore.cli.versions import NEWEST, OLDEST
from hubcore.errors import CatalogError, HubError, MissingDependencyError
from hubcore.packages.needs import lacking
from hubcore.packages.references import Reference, resolve
from hubcore.testing import Skipped, Subject, examine

TORCHVISION = metadata.version("torchvision")


def catalog(needs):
    return {
        "schema": 1,
        "models": {
            "resnet_next": {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet_next",
                "needs": needs,
            }
        },
    }


@pytest.fixture
def newer():
    with hubcore.register(catalog({"torchvision": "99.1"}), name="acme-next", trust=True):
        yield


def test_the_list_says_that_it_is_not_available_and_which_version_has_it(newer, capsys):
    assert main(["list", "resnet_next"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"is not available: it needs torchvision 99.1 or newer; {TORCHVISION} is install" in out


def test_as_json_and_from_python(newer, capsys):
    text = f"torchvision 99.1 or newer; {TORCHVISION} is installed"
    assert main(["list", "resnet_next", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["lacks"] == text
    assert hubcore.model_info("resnet_next").lacks == text
    assert hubcore.model_info("resnet18").lacks is None


def test_show_says_it(newer, capsys):
    assert main(["show", "resnet_next"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"no: needs torchvision 99.1 or newer; {TORCHVISION} is installed" in out


def test_the_error_names_both_versions_and_the_remedy(newer):
    with pytest.raises(MissingDependencyError) as raised:
        hubcore.get_model("resnet_next")
    assert "torchvision 99.1 or newer" in str(raised.value)
    assert TORCHVISION in str(raised.value)
    assert "pip install --upgrade torchvision" in str(raised.value)


def test_the_conformance_kit_does_not_call_it_a_fault():
    with hubcore.register(catalog({"torchvision": "99.1"}), name="acme-next", trust=True):
        plugin = next(p for p in hubcore.plugins() if p.distribution == "acme-next")
        found = dict(examine(Subject(plugin, None)))
    assert [type(finding) for finding in found["parameters"]] == [Skipped]


def test_what_is_there_or_newer_changes_nothing():
    assert lacking({"torchvision": "0.1", "torch": TORCHVISION.partition("+")[0]}) is None


@pytest.mark.parametrize("installed", ["0.21.0a0+git1", "0.21", "0.21.3+cpu", "1.0"])
def test_builds_from_source_have_what_their_release_has(installed, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: installed)
    assert lacking({"torchvision": "0.21"}) is None


def test_a_package_that_is_absent_is_named():
    needs = {"a-package-of-nobody": "2.0"}
    assert lacking(needs) == "a-package-of-nobody 2.0 or newer, which is not installed"


@pytest.mark.parametrize("needs", ["torchvision", ["torchvision"], {"torchvision": 1}, {"": "1"}])
def test_needs_of_another_form_set_the_package_aside(needs):
    with pytest.raises(CatalogError, match="needs"):
        hubcore.register(catalog(needs), name="acme-next")


@pytest.mark.parametrize("version", [">=1", "one", "1.0; rm", "", "1.0.post1"])
def test_a_version_is_plain_digits(version):
    with pytest.raises(CatalogError, match="needs"):
        hubcore.register(catalog({"torchvision": version}), name="acme-next")


def test_without_needs_the_error_names_the_installed_version():
    with pytest.raises(HubError, match=re.escape(f"of torchvision {TORCHVISION} has no attribute")):
        resolve("torchvision.models:resnet_next")


# -- The versions that are supported stand once


def requirements(project):
    import tomllib

    data = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    extras = data.get("optional-dependencies", {}).values()
    return data, [*data.get("dependencies", ()), *(text for extra in extras for text in extra)]


# The exporter of older ones is another; it was not tried.
NEWER = {"hub-export": {"torch": "2.14", "torchvision": "0.29"}}


@pytest.mark.skipif("sys.version_info < (3, 11)", reason="tomllib")
@pytest.mark.parametrize("project", [ROOT, *sorted((ROOT / "plugins").glob("hub-*"))])
def test_requirements_begin_at_the_oldest_versions_that_are_tried(project):
    """And have no upper bound on torch."""
    data, found = requirements(project)
    assert data["requires-python"] == f">={OLDEST['Python']}"
    for name in ("torch", "torchvision"):
        asked = [text for text in found if re.match(rf"{name}\b(?!-)", text)]
        oldest = NEWER.get(project.name, OLDEST)
        assert set(asked) <= {f"{name}>={oldest[name]}"}


def test_the_readme_names_both_ends():
    text = (ROOT / "README.md").read_text("utf-8")
    supported = text.partition("## Supported versions")[2].partition("\n## ")[0]
    for version in (*OLDEST.values(), *NEWEST.values()):
        assert version in supported


def test_an_environment_without_torchvision_is_told_what_to_install(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert lacking({"torchvision": "0.21"}) == "torchvision 0.21 or newer, which is not installed"


def requiring(*requires):
    return catalog({}) | {
        "models": {
            "resnet_kornia": {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet18",
                "requires": [*requires],
            }
        }
    }


@pytest.mark.parametrize(
    ("requires", "lacks", "command"),
    [
        (["no-such-dist>=0.7", "torch"], "no-such-dist>=0.7, which is not installed",
         "pip install 'no-such-dist>=0.7' torch"),
        (["torchvision>=99"], f"torchvision>=99; {TORCHVISION} is installed",
         "pip install 'torchvision>=99'"),
    ],
)  # fmt: skip
def test_what_it_requires_and_is_absent_is_said_with_the_command(requires, lacks, command):
    with hubcore.register(requiring(*requires), name="acme-next"):
        assert hubcore.model_info("resnet_kornia").lacks == lacks
        with pytest.raises(MissingDependencyError) as raised:
            hubcore.get_model("resnet_kornia")
    assert str(raised.value).endswith(f"needs {lacks}: {command}")
    assert raised.value.module == requires[0].partition(">")[0]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("torchvision.modells:resnet18", r"'torchvision' of torchvision \S+ has no module"),
        ("torchvision.models:__path__", "is no class or function, but of type list"),
    ],
)
def test_a_reference_to_what_an_installed_package_lacks_does_not_say_to_install_it(reference, said):
    import torchvision  # noqa: F401  # as in any program that builds such a model

    with pytest.raises(CatalogError, match=said):
        Reference(reference)()


def test_what_is_there_or_is_for_others_is_not_lacking():
    requires = ["torchvision", "no-such-dist; python_version < '3'"]
    with hubcore.register(requiring(*requires), name="acme-next"):
        assert hubcore.model_info("resnet_kornia").lacks is None
        hubcore.get_model("resnet_kornia")


@pytest.mark.parametrize(
    "wrong", ["--index-url=x", "a b", "-r x", "kornia\n", "https://x/y", "kornia >>> 3"]
)
def test_what_is_no_requirement_is_refused(wrong):
    with pytest.raises(CatalogError, match="requires"):
        hubcore.register(requiring(wrong), name="acme-next")
