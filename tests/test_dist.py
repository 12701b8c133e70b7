"""The distributions as an index would take them: `make dist`."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message

import pytest
from environments import ROOT, Environment

sys.path.insert(0, str(ROOT / "scripts"))

import dist  # needs the path above

REPOSITORY = "https://git.example.org/vision/hubcore"
NAMES = ["hubcore", *(path.name for path in ROOT.glob("plugins/*") if path.is_dir())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All distributions, built."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "dist.py", "-o", folder, "--repository", REPOSITORY],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def wheel_of(folder, name):
    [path] = folder.glob(f"{name.replace('-', '_')}-*.whl")
    return path


def metadata_of(wheel) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


@pytest.mark.parametrize("name", NAMES)
def test_what_an_index_shows_is_complete(name, folder):
    """A licence file, addresses, bounds on each other, and a README without dead links."""
    wheel = wheel_of(folder, name)
    metadata = metadata_of(wheel)
    assert f"Homepage, {REPOSITORY}" in metadata.get_all("Project-URL")
    for requirement in metadata.get_all("Requires-Dist") or ():
        if requirement.startswith("hub"):
            assert ">=" in requirement
    links = re.findall(r"\]\(([^)\s]+)\)", str(metadata.get_payload()))
    assert [link for link in links if not re.match("https://|#", link)] == []
    license = (ROOT / "LICENSE").read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        [path] = [path for path in archive.namelist() if path.endswith("licenses/LICENSE")]
        assert archive.read(path) == license
    [sdist] = folder.glob(f"{name.replace('-', '_')}-*.tar.gz")
    with tarfile.open(sdist) as archive:
        file = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/LICENSE")
        assert file
        assert file.read() == license


@pytest.mark.parametrize("name", NAMES)
def test_links_of_a_readme_lead_to_what_exists(name):
    """With an address they go there; without one, only their text stays."""
    project = ROOT if name == "hubcore" else ROOT / "plugins" / name
    text = (project / "README.md").read_text("utf-8")
    for path in re.findall(
        rf"{REPOSITORY}/(?:blob|raw)/main/([^)#]+)",
        dist.readme_for_index(text, project, REPOSITORY),
    ):
        assert (ROOT / path).exists(), path
    bare = dist.readme_for_index(text, project, None)
    assert all(re.match("https?:|#", link) for link in re.findall(r"\]\(([^)\s]+)\)", bare))


def test_code_in_a_readme_is_left_as_it_is():
    text = "[a](docs/store.md)\n\n```python\nx[0](docs/store.md)\n```\n"
    assert dist.readme_for_index(text, ROOT, None) == "a\n\n```python\nx[0](docs/store.md)\n```\n"


def test_all_install_from_that_folder_alone(folder, tmp_path):
    """Third-party packages aside, nothing else is needed; the installed command lists them all."""
    environment = Environment(tmp_path / "environment")
    environment.pip(
        "install", "-q", "--no-index", "--find-links", folder, "--only-binary", ":all:",
        *(name for name in NAMES if name != "hub-timm"),
    )  # fmt: skip
    shown = environment.hub("plugins", "--json").stdout
    for name in NAMES:
        if (ROOT / "plugins" / name / name.replace("-", "_") / "catalog.json").exists():
            assert (f'"{name}"' in shown) == (name != "hub-timm")


def test_the_tests_of_an_sdist_run_from_it_alone(folder, tmp_path):
    [sdist] = folder.glob("hub_optical_flow-*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [project] = tmp_path.glob("hub_optical_flow-*")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "preprocessing"],
        env={key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"},
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_an_sdist_has_the_photos_that_its_tests_use(folder):
    for name, uses in (("hub_embed", True), ("hub_optical_flow", False)):
        [sdist] = folder.glob(f"{name}-*.tar.gz")
        with tarfile.open(sdist) as archive:
            inside = {path.partition("/")[2] for path in archive.getnames()}
        assert ("tests/examples/photos/chelsea.png" in inside) == uses


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hub-detektion"], "no such distribution: hub-detektion (there are hubcore, "),
        (["--repository", "http://git.example.org"], "takes an https address"),
    ],
)
def test_wrong_arguments_are_said(arguments, said):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "dist.py", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
