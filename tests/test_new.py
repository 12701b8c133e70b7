"""`hub new`: what it writes installs, lists and passes its tests at once."""

import subprocess
import sys

import pytest
from environments import Environment, build_wheel

import hubcore
from hubcore.authoring.scaffold import ScaffoldError, check_name
from hubcore.cli import main


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, wheels):
    environment = Environment(tmp_path_factory.mktemp("workshop"))
    environment.install(wheels(), wheels("hub-classification"))
    return environment


@pytest.mark.parametrize(
    ("kind", "arguments", "listed", "weights"),
    [
        ("weights", ["--model", "resnet18"], "resnet18", "AcmeThing_Weights.V1"),
        pytest.param(*("model", [], "acme_thing", "AcmeThing_Weights.V1"), marks=pytest.mark.sweep),
    ],
)
def test_a_new_project_installs_lists_and_fails_only_for_what_is_to_be_filled_in(
    workshop, tmp_path, kind, arguments, listed, weights
):
    project = tmp_path / "acme-thing"
    made = workshop.hub("new", "acme-thing", "--kind", kind, *arguments, "--dir", project)
    assert made.returncode == 0, made.stderr
    workshop.install(build_wheel(project, tmp_path / "wheels"))
    try:
        found = workshop.run(f"import hubcore; print(*hubcore.list_weights({listed!r}))")
        assert weights in found.stdout.split(), found.stderr
        tests = workshop.run(
            "import sys, pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', "
            f"{str(project / 'tests')!r}]))"
        )
        # Its file and the network are not there, and its address is nobody's.
        assert "2 failed, 15 passed, 2 skipped" in tests.stdout, tests.stdout[-3000:]
        assert "is still the one that 'hub new' wrote" in tests.stdout
        assert "example.org serves no files" in tests.stdout
        checked = workshop.hub("check", "acme-thing")
        assert checked.returncode == 1
        assert "FAULT  placeholders" in checked.stdout
    finally:
        workshop.uninstall("acme-thing")


def test_python_access_to_a_new_models_package(workshop, tmp_path):
    """``from acme_net import acme_net`` builds the model, and it learns other classes."""
    project = tmp_path / "hub-acme-net"
    assert main(["new", "hub-acme-net", "--kind", "model", "--dir", str(project)]) == 0
    workshop.install(build_wheel(project, tmp_path / "wheels"))
    done = workshop.run(
        "from hub_acme_net import AcmeNet_Weights, acme_net\n"
        "import torch\n"
        "print(tuple(acme_net(num_classes=5)(torch.zeros(1, 3, 32, 32)).shape))\n"
        "print(AcmeNet_Weights.DEFAULT)"
    )
    workshop.uninstall("hub-acme-net")
    assert done.stdout.splitlines() == ["(1, 5)", "AcmeNet_Weights.V1"], done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["acme"], "Weights need a model that they fit"),
        (["acme", "--model", "resnet5O"], "Unknown model 'resnet5O'"),
        (["acme", "--kind", "model", "--model", "resnet18"], "--model is only for weights"),
        (["hub-detection", "--model", "resnet18"], "one of the hub's own distributions"),
        (["3 flowers", "--model", "resnet18"], "cannot be a package's name"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["new", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_folder_with_contents_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    assert main(["new", "acme", "--kind", "model", "--dir", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [item.name for item in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["class", "-x", "a b", "", "é"])
def test_names_that_python_or_pypi_cannot_take_are_refused(name):
    with pytest.raises(ScaffoldError):
        check_name(name)


def test_names_are_normalised_as_packaging_does():
    assert check_name("Acme_Flowers.v2") == "acme-flowers-v2"


def test_weights_for_a_model_without_weights_of_its_own(tmp_path):
    """There is no preprocessing to take over, so it begins with the field's usual one."""
    import json

    import hubcore

    model = {"task": "image-classification", "architecture": "torch.nn:Identity", "weights": None}
    folder = tmp_path / "pack"
    with hubcore.register({"schema": 1, "models": {"bare": model}}, name="own"):
        assert main(["new", "acme", "--model", "own/bare", "--dir", str(folder)]) == 0
    catalog = json.loads((folder / "acme" / "catalog.json").read_text())
    member = catalog["weights"]["Acme_Weights"]["members"]["V1"]
    assert member["transforms"][1] == {"crop_size": 224}


@pytest.mark.sweep
@pytest.mark.parametrize(
    "kind", [["--kind", "weights", "--model", "resnet18"], ["--kind", "model"]]
)
def test_an_index_takes_a_new_project(kind, tmp_path):
    """`python -m build` and `twine check` pass; it states from which hubcore on it works."""
    project = tmp_path / "acme-thing"
    assert main(["new", "acme-thing", *kind, "--dir", str(project)]) == 0
    for command in (["build", "--no-isolation", project], ["twine", "check", "--strict"]):
        files = sorted((project / "dist").iterdir()) if command[0] == "twine" else []
        done = subprocess.run(
            [sys.executable, "-m", *command, *files], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert [file.suffix for file in files] == [".whl", ".gz"]


@pytest.mark.parametrize(
    "kind", [["--kind", "weights", "--model", "resnet18"], ["--kind", "model"]]
)
def test_a_new_project_has_what_an_author_needs(kind, tmp_path):
    """A bound on hubcore, a changelog, tests, and a workflow that publishes without a password."""
    project = tmp_path / "acme-thing"
    assert main(["new", "acme-thing", *kind, "--dir", str(project)]) == 0
    text = (project / "pyproject.toml").read_text("utf-8")
    assert f'"hubcore>={hubcore.__version__}"' in text
    assert "## [0.1.0]" in (project / "CHANGELOG.md").read_text("utf-8")
    assert (project / "tests" / "test_acme_thing.py").exists()
    workflow = (project / ".github" / "workflows" / "publish.yml").read_text("utf-8")
    assert "id-token: write" in workflow
    assert "secrets." not in workflow
