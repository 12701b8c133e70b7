"""`hub pack`: from a checkpoint to a wheel in one command."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
import torchvision
from environments import Environment
from terminals import terminal
from test_metric_states import changed
from torch import nn

import hubcore
from hubcore.authoring.operations import count_ops
from hubcore.authoring.wheels import build_wheel
from hubcore.cli import main
from hubcore.download.hashing import sha256_of

CATEGORIES = ["cat", "dog", "fish"]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a fine-tuned checkpoint and the names of its classes."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model = torchvision.models.squeezenet1_1(num_classes=3)
    torch.save(model.state_dict(), "best.pth")
    (tmp_path / "pets.txt").write_text("\n".join(CATEGORIES) + "\n\n")
    return tmp_path


def pack(*arguments, model="squeezenet1_1", checkpoint="best.pth"):
    return main(
        ["pack", checkpoint, "--model", model, "--categories", "pets.txt", "--name", "acme-pets",
         *arguments]
    )  # fmt: skip


def packed(workplace):
    """The catalogue's member in the wheel that was built, and the wheel's files."""
    (wheel,) = (workplace / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        catalog = json.loads(archive.read("acme_pets/catalog.json"))
        metadata = archive.read("acme_pets-0.1.0.dist-info/METADATA").decode()
        return catalog["weights"]["AcmePets_Weights"], set(archive.namelist()), metadata


def test_a_terminal_sees_what_is_being_done(workplace, monkeypatch):
    with terminal(monkeypatch) as read:
        assert pack() == 0
        seen = read()
    for step in ("reading best.pth", "loading it into squeezenet1_1", "building the wheel"):
        assert step in seen


def test_everything_is_computed_and_written(workplace, capsys):
    assert pack("--metric", "acc@1=97.1", "--metric", "acc@5=99", "--dataset", "Pets",
                "--license", "MIT", "--recipe", "https://acme.example/how") == 0  # fmt: skip
    entry, files, metadata = packed(workplace)
    digest = sha256_of(workplace / "best.pth")
    file = f"acme_pets/acme_pets-{digest[:8]}.pth"
    member = entry["members"]["V1"]
    assert entry["builder"] == "hub-classification/squeezenet1_1"
    assert entry["default"] == "V1"
    assert member["url"] == f"package:acme-pets/{file}"
    assert member["sha256"] == digest
    assert member["size"] == (workplace / "best.pth").stat().st_size
    assert member["license"] == "MIT"
    assert member["transforms"][1]["crop_size"] == 224
    meta = member["meta"]
    assert meta["num_params"] == 724035
    assert meta["_metrics"] == {"Pets": {"acc@1": 97.1, "acc@5": 99.0}}
    assert meta["recipe"] == "https://acme.example/how"
    assert meta["min_size"] == [17, 17]  # as for the model's other weights
    assert file in files
    assert not any(name.endswith(".py") for name in files)
    assert "License-Expression: MIT" in metadata
    assert "Requires-Dist: hub-classification" in metadata


@pytest.fixture
def record(workplace):
    """A record of this checkpoint, with the preprocessing that it is packed with."""
    assert pack() == 0
    member = packed(workplace)[0]["members"]["V1"]
    made = changed(
        weights_sha256=member["sha256"],
        preprocessing=member["transforms"],
        metrics={"acc@1": {"value": 97.12345, "low": 96.0, "high": 98.0}},
    )
    (workplace / "record.json").write_text(json.dumps(made))
    shutil.rmtree(workplace / "dist")
    return made


def test_the_figures_of_a_record_are_packed_with_it(workplace, record):
    assert pack("--record", "record.json") == 0
    [wheel] = (workplace / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        catalog = json.loads(archive.read("acme_pets/catalog.json"))
        assert json.loads(archive.read("acme_pets/records/V1.json")) == record
    assert catalog["records"] == {"records/V1.json": record["weights_sha256"]}
    member = catalog["weights"]["AcmePets_Weights"]["members"]["V1"]
    assert member["meta"]["_metrics"] == {"Pets": {"acc@1": 97.123}}


@pytest.mark.parametrize(
    ("changes", "arguments", "complaint"),
    [
        ({"weights_sha256": "ab" * 32}, [], "was not measured with best.pth"),
        ({"preprocessing": ["hubcore.transforms:ImageClassification", {"crop_size": 1}]}, [],
         "crop_size 1 there, 224 here"),
        ({"metrics": {}}, [], "holds no figures"),
        ({"schema": 99}, [], "newer format"),
        ({}, ["--metric", "acc@1=99"], "leave out --metric, or --record"),
        ({}, ["--dataset", "Cats"], "was measured on 'Pets', not on 'Cats'"),
        ({}, ["--crop-size", "128"], "crop_size 224 there, 128 here"),
    ],
)  # fmt: skip
def test_a_record_of_something_else_is_refused(
    workplace, record, capsys, changes, arguments, complaint
):
    (workplace / "record.json").write_text(json.dumps({**record, **changes}))
    assert pack("--record", "record.json", *arguments) == 1
    assert complaint in capsys.readouterr().err
    assert not list(workplace.glob("dist/*"))


def test_an_address_leaves_the_checkpoint_out_of_the_wheel(workplace):
    assert pack("--url", "https://files.acme.org/best.pth", "--crop-size", "96",
                "--mean", "0.5", "0.5", "0.5", "--interpolation", "bicubic") == 0  # fmt: skip
    entry, files, _ = packed(workplace)
    member = entry["members"]["V1"]
    assert member["url"] == "https://files.acme.org/best.pth"
    assert member["sha256"] == sha256_of(workplace / "best.pth")
    assert not any(name.endswith(".pth") for name in files)
    assert member["transforms"][1] == {
        "crop_size": 96, "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5],
    } | {k: v for k, v in member["transforms"][1].items() if k == "resize_size"}  # fmt: skip


def test_the_wheel_installs_and_passes_hub_check(workplace, wheels, capsys):
    environment = Environment(workplace / "environment")
    environment.install(wheels(), wheels("hub-classification"))
    assert pack("--license", "MIT") == 0
    (wheel,) = (workplace / "dist").glob("*.whl")
    environment.install(wheel)
    checked = environment.hub("check", "acme-pets")
    assert checked.returncode == 0, checked.stdout
    assert "   ok  loading" in checked.stdout  # the checkpoint is at hand, and was loaded
    done = environment.run(
        "import hubcore, torch\n"
        "model = hubcore.get_model('squeezenet1_1', weights='AcmePets_Weights.DEFAULT')\n"
        f"expected = torch.load({str(workplace / 'best.pth')!r})\n"
        "print(all(torch.equal(t, expected[k]) for k, t in model.state_dict().items()))"
    )
    assert done.stdout.strip() == "True", done.stderr


def test_the_project_can_be_kept_and_built_again(workplace):
    assert pack("--project", "source") == 0
    assert (workplace / "source" / "pyproject.toml").is_file()
    first = next((workplace / "dist").glob("*.whl")).read_bytes()
    again = build_wheel(workplace / "source", workplace / "again")
    assert again.read_bytes() == first


def second(*arguments):
    return pack("--project", "source", "--member", "V2", "--version", "0.2.0", *arguments)


def test_a_second_version_keeps_the_first(workplace):
    """Both weights are in the new wheel, each with its file and its own classes; V2 is DEFAULT."""
    assert pack("--project", "source") == 0
    first = json.loads((workplace / "source/acme_pets/catalog.json").read_text())
    torch.manual_seed(1)
    torch.save(torchvision.models.squeezenet1_1(num_classes=2).state_dict(), "best.pth")
    (workplace / "pets.txt").write_text("cat\ndog\n")
    assert second("--license", "MIT") == 0
    [wheel] = (workplace / "dist").glob("*-0.2.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        catalog = json.loads(archive.read("acme_pets/catalog.json"))
        weights = catalog["weights"]["AcmePets_Weights"]
        for member in weights["members"].values():
            archive.getinfo(member["url"].removeprefix("package:acme-pets/"))
        names = [
            json.loads(archive.read(f"acme_pets/{catalog['lists'][m['meta']['categories'][1:]]}"))
            for m in weights["members"].values()
        ]
    assert names == [CATEGORIES, ["cat", "dog"]]
    assert weights["default"] == "V2"
    assert weights["members"]["V1"] == first["weights"]["AcmePets_Weights"]["members"]["V1"]
    changes = (workplace / "source/CHANGELOG.md").read_text()
    assert 0 < changes.index("[0.2.0]") < changes.index("[0.1.0]")


def test_weights_are_packed_into_what_hub_new_wrote(workplace, capsys):
    """They take the place of what was to be filled in, under the same version; then V2 is added."""
    new = ["new", "acme-pets", "--model", "squeezenet1_1", "--dir", "source"]
    assert main(new) == 0
    assert "--model squeezenet1_1 " in (workplace / "source/README.md").read_text()
    changes = (workplace / "source/CHANGELOG.md").read_text()
    assert pack("--project", "source", "--license", "MIT") == 0
    entry, files, _ = packed(workplace)
    assert list(entry["members"]) == ["V1"]
    assert entry["members"]["V1"]["url"].removeprefix("package:acme-pets/") in files
    categories = json.loads((workplace / "source/acme_pets/categories.json").read_text())
    assert categories == CATEGORIES
    assert (workplace / "source/CHANGELOG.md").read_text() == changes
    assert second() == 0
    catalog = json.loads((workplace / "source/acme_pets/catalog.json").read_text())
    assert list(catalog["weights"]["AcmePets_Weights"]["members"]) == ["V1", "V2"]


def test_weights_are_packed_into_the_project_of_a_model_of_ones_own(workplace, monkeypatch):
    """Its catalogue calls the model by its bare name, and this one is what the weights fit."""
    assert main(["new", "acme-pets", "--kind", "model", "--dir", "source"]) == 0
    monkeypatch.syspath_prepend(workplace / "source")
    from acme_pets.model import Net

    torch.save(Net(3).state_dict(), "best.pth")
    path = workplace / "source/acme_pets/catalog.json"
    trained = ["--crop-size", "32", "--resize-size", "32", "--project", "source"]
    with hubcore.register(path, name="acme-pets", trust=True):
        assert pack(*trained, model="acme_pets") == 0
    with hubcore.register(path, name="acme-pets", trust=True):
        assert pack(*trained, "--member", "V2", "--version", "0.2.0", model="acme_pets") == 0
    entry = json.loads(path.read_text())["weights"]["AcmePets_Weights"]
    assert (entry["builder"], list(entry["members"])) == ("acme_pets", ["V1", "V2"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--member", "V1"], "AcmePets_Weights.V1 is there already"),
        (["--version", "0.1.0"], "give a newer one with --version"),
        (["--name", "acme-birds"], "is the project of acme-pets"),
    ],
)
def test_what_is_published_is_not_changed(workplace, capsys, arguments, message):
    assert pack("--project", "source") == 0
    before = {path: path.read_bytes() for path in workplace.rglob("source/**/*") if path.is_file()}
    assert second(*arguments) == 1
    assert message in capsys.readouterr().err
    assert {p: p.read_bytes() for p in workplace.rglob("source/**/*") if p.is_file()} == before


def test_an_index_takes_the_project_and_a_workflow_publishes_it(workplace):
    """`python -m build` and `twine check` pass; no action is unpinned, no permission is wide."""
    assert pack("--project", "source", "--license", "MIT") == 0

    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("build", "--no-isolation", "source")
    built = sorted(map(str, Path("source/dist").iterdir()))
    assert [name.endswith(".tar.gz") for name in built].count(True) == 1
    assert len(built) == 2
    run("twine", "check", "--strict", *built)
    workflow = (workplace / "source/.github/workflows/publish.yml").read_text()
    used = re.findall(r"uses: (\S+)", workflow)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)
    assert re.findall(r"^ *([\w-]+): write$", workflow, re.MULTILINE) == ["id-token"]
    assert "permissions: {}" in workflow
    assert "dist/acme_pets-${GITHUB_REF_NAME#v}.tar.gz" in workflow


def test_safetensors_are_packed_as_they_are(workplace):
    from safetensors.torch import save_file

    save_file(torch.load("best.pth"), "best.safetensors")
    assert pack(checkpoint="best.safetensors") == 0
    _, files, _ = packed(workplace)
    assert any(name.endswith(".safetensors") for name in files)


def parallel(workplace):
    tensors = torch.load("best.pth")
    torch.save({f"module.{key}": tensor for key, tensor in tensors.items()}, "best.pth")


def whole_model(workplace):
    torch.save(nn.Linear(2, 2), "best.pth")


def training_state(workplace):
    torch.save({"model": torch.load("best.pth"), "epoch": 7}, "best.pth")


@pytest.mark.parametrize(
    ("spoil", "arguments", "message"),
    [
        (lambda w: (w / "pets.txt").write_text("cat\ndog\n"), [], "do not fit|3 outputs"),
        (parallel, [], "as DataParallel names them"),
        (whole_model, [], "Save only the model's tensors"),
        (training_state, [], "holds more than tensors (model, epoch)"),
        (lambda w: (w / "best.pth").write_text("hello"), [], "cannot be packed as it is"),
        (lambda w: (w / "best.pth").unlink(), [], "There is no file best.pth"),
        (lambda w: (w / "pets.txt").unlink(), [], "Cannot read the categories"),
        (lambda w: (w / "pets.txt").write_text("\n"), [], "holds no names"),
        (lambda w: None, ["--metric", "acc@1"], "write --metric acc@1=97.1"),
        (lambda w: None, ["--name", "hub-video"], "one of the hub's own distributions"),
        # What hubcore, or `hub check`, would refuse once it is installed.
        (lambda w: None, ["--name", "json"], "a module of Python's own"),
        (lambda w: None, ["--name", "hub-3d"], "called '3d_Weights'"),
        (lambda w: None, ["--member", "url"], "enums use it themselves"),
        (lambda w: None, ["--member", "class"], "cannot be the name of weights"),
        (lambda w: None, ["--license", "Apache 2"], "write an identifier of SPDX"),
        (lambda w: None, ["--url", "http://localhost:8000/best.pth"], "serves no files"),
        (lambda w: None, ["--url", "https://127.0.0.1/best.pth"], "is only on one machine"),
        (lambda w: None, ["--url", "ftp://acme.org/best.pth"], "no way to fetch 'ftp:'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_packed_is_said_plainly_and_no_wheel_is_built(
    workplace, capsys, spoil, arguments, message
):
    spoil(workplace)
    assert pack(*arguments) == 1
    error = capsys.readouterr().err
    assert any(part in error for part in message.split("|")), error
    assert "Traceback" not in error
    assert not (workplace / "dist").exists()


def test_a_model_with_classes_needs_their_names(workplace, capsys):
    arguments = ["pack", "best.pth", "--model", "squeezenet1_1", "--name", "acme-pets"]
    assert main(arguments) == 1
    assert "--categories FILE" in capsys.readouterr().err
    assert not (workplace / "dist").exists()


def test_another_size_than_the_tensors_are_for_is_refused(workplace, capsys):
    model = torchvision.models.vit_b_32(num_classes=3, image_size=64)
    torch.save(model.state_dict(), "best.pth")
    assert pack("--crop-size", "96", model="vit_b_32") == 1
    assert "Give --crop-size 64" in capsys.readouterr().err


def test_the_checkpoint_of_another_model_is_refused(workplace, capsys):
    assert pack(model="resnet18") == 1
    assert "do not fit the model 'resnet18'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v2", "vit_b_16", "fcn_resnet50"])
def test_operations_are_counted_as_torchvision_does(name):
    """Billions of multiply-accumulates: the numbers that torchvision publishes."""
    weights = next(iter(hubcore.get_model_weights(name)))
    size = weights.transforms()(torch.zeros(3, 700, 700, dtype=torch.uint8)).shape[1:]
    fcn = {"weights_backbone": None, "aux_loss": True, "num_classes": 21}
    with torch.device("meta"):  # counts without computing
        model = hubcore.get_model(name, **(fcn if name.startswith("fcn") else {})).eval()
        ops = count_ops(model, torch.zeros(3, *size))
    assert ops == pytest.approx(weights.meta["_ops"], abs=0.002)


def test_without_the_authors_tools_packing_says_what_to_install(tmp_path, wheels):
    """In an environment that lacks the build backend, before anything is read or written."""
    environment = Environment(tmp_path, hidden=("hatchling",))
    environment.install(wheels(), wheels("hub-classification"))
    (tmp_path / "pets.txt").write_text("cat\n")
    done = environment.hub("pack", "best.pth", "--model", "resnet18", "--name", "acme-pets",
                           "--categories", tmp_path / "pets.txt")  # fmt: skip
    assert done.returncode == 1
    assert "Packing needs 'hatchling': pip install 'hubcore[authors]'" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--version", "1.0\n", "not shown"),
        ("--version", "\u00a01.0", "not shown"),
        ("--license", "MIT\n", "not shown"),
        ("--license", "://", "--license '://'"),
        ("--license", "http://", "--license 'http://'"),
        ("--license", "https://a b.example/x", "--license 'https://a b.example/x'"),
        ("--dataset", "Pets\x1b[31m", r"'Pets\x1b[31m'"),
        ("--dataset", "Pets\udcff", r"'Pets\udcff'"),
        ("--recipe", "https://acme.example/\u202ehow", "not shown"),
        ("--metric", "acc\udcff=3", "not shown"),
        ("--metric", "acc@1=200", "acc@1: 200 is impossible: it is 0 to 100"),
        ("--metric", "acc@1=-1", "-1 is impossible"),
        ("--url", "https://me:hunter2@files.acme.org/best.pth", "has a user or a password"),
    ],
)
def test_what_the_hub_or_an_index_would_refuse_is_refused_at_once(
    option, value, says, workplace, capsys
):
    assert pack(option, value) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert "hunter2" not in said
    assert not list(workplace.glob("dist/*"))


def test_names_of_classes_are_texts_that_can_be_shown(workplace, capsys):
    (workplace / "pets.txt").write_text("cat\ndog\nfi\u202esh\n", "utf-8")
    assert pack() == 1
    assert r"--categories 'fi\u202esh'" in capsys.readouterr().err


@pytest.mark.sweep
def test_with_odd_names_and_addresses_it_is_refused_or_sound():
    """A short run of the script that packs with them."""
    script = Path(__file__).parents[1] / "scripts" / "fuzz_pack.py"
    done = subprocess.run(
        [sys.executable, script, "--count", "150", "--seed", "7"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
