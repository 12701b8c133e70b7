"""Packages of third parties: installed as wheels, used by every command, and gone again."""

import sys
from enum import Enum
from functools import cache
from importlib.util import find_spec

import pytest
import torch
import torchvision
from environments import ROOT, Environment, build_wheel, write_plugin
from servers import FaultyServer

import hubcore
from hubcore.download.hashing import sha256_of
from hubcore.errors import WeightsError
from hubcore.store import default_store

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def shop(tmp_path_factory, wheels):
    """An environment with hubcore and hub-classification."""
    environment = Environment(tmp_path_factory.mktemp("shop"))
    environment.install(wheels(), wheels("hub-classification"))
    return environment


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel of an example, by the name of its folder."""
    folder = tmp_path_factory.mktemp("examples")
    return cache(lambda name: build_wheel(EXAMPLES / name, folder))


def test_a_pack_without_python_is_installed_used_and_gone_after_uninstall(shop, built, tmp_path):
    """acme-flowers: a catalogue, its categories and a checkpoint; no line of Python."""
    sys.path.insert(0, str(EXAMPLES / "hub-acme-flowers" / "training"))
    try:
        from draw import draw
    finally:
        sys.path.pop(0)
    photo = tmp_path / "flower.png"
    draw("tulip", 4321).save(photo)

    shop.install(built("hub-acme-flowers"))
    shown = shop.hub("show", "AcmeFlowers_Weights.V1")
    assert shown.returncode == 0, shown.stderr
    assert "BSD-3-Clause" in shown.stdout
    listed = shop.run("import hubcore; print(*hubcore.list_weights('shufflenet_v2_x0_5'))")
    assert listed.stdout.split() == [
        "ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1",
        "AcmeFlowers_Weights.V1",
    ]
    predicted = shop.hub(
        "predict", "shufflenet_v2_x0_5", photo, "--weights", "AcmeFlowers_Weights.V1"
    )
    assert predicted.returncode == 0, predicted.stderr
    assert "tulip" in predicted.stdout
    built_model = shop.run(
        "import hubcore\n"
        "m = hubcore.get_model('shufflenet_v2_x0_5', weights='AcmeFlowers_Weights.V1')\n"
        "print(m.fc.out_features)"
    )
    assert built_model.stdout.strip() == "5"

    shop.uninstall("acme-flowers")
    gone = shop.run("import hubcore; print(*hubcore.list_weights('shufflenet_v2_x0_5'))")
    assert gone.stdout.split() == ["ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1"]
    missing = shop.hub("show", "AcmeFlowers_Weights.V1")
    assert missing.returncode == 1
    assert "Unknown weights 'AcmeFlowers_Weights'" in missing.stderr


def test_weights_for_our_resnet50_from_another_package_and_a_server(shop, tmp_path):
    """Its own categories and preprocessing; downloaded, verified, and loaded by bare names."""
    categories = ["bluebell", "daisy", "rose", "sunflower", "tulip"]
    torch.manual_seed(0)
    checkpoint = tmp_path / "flowers.pth"
    torch.save(torchvision.models.resnet50(num_classes=5).state_dict(), checkpoint)
    with FaultyServer() as server:
        member = {
            "url": server.serve("/flowers.pth", checkpoint.read_bytes()),
            "sha256": sha256_of(checkpoint),
            "license": "MIT",
            "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 200}],
            "meta": {"categories": categories},
        }
        enum = {
            "builder": "hub-classification/resnet50",
            "default": "V1",
            "members": {"V1": member},
        }
        catalog = {"schema": 1, "weights": {"AcmeFlowers_Weights": enum}}
        project = write_plugin(tmp_path, "acme-resnet", catalog)
        shop.install(build_wheel(project, tmp_path / "wheels"))
        done = shop.run(
            "import hubcore, torch\n"
            "model = hubcore.get_model('resnet50', weights='AcmeFlowers_Weights.V1').eval()\n"
            "weights = hubcore.get_weight('acme-resnet/AcmeFlowers_Weights.V1')\n"
            "image = torch.zeros(3, 300, 300, dtype=torch.uint8)\n"
            "batch = weights.transforms()(image).unsqueeze(0)\n"
            "print(tuple(batch.shape), tuple(model(batch).shape), weights.meta['categories'][-1])\n"
            "print(hubcore.get_model_weights('resnet50').DEFAULT)"
        )
        assert len(server.asked("/flowers.pth")) >= 1
    shop.uninstall("acme-resnet")
    assert done.returncode == 0, done.stderr
    # DEFAULT belongs to the model's owner, whatever else is installed.
    assert done.stdout.splitlines() == [
        "(1, 3, 200, 200) (1, 5) tulip",
        "ResNet50_Weights.IMAGENET1K_V2",
    ]


@pytest.mark.parametrize(
    ("example", "needs"),
    [
        ("hub-acme-flowers", []),
        pytest.param("hub-efficientnet-lite", [], marks=pytest.mark.sweep),
        pytest.param("hub-acme-similarity", ["hub-efficientnet-lite"], marks=pytest.mark.sweep),
        pytest.param("hub-acme-tasks", [], marks=pytest.mark.sweep),
        pytest.param(
            "hub-acme-faces",
            [],
            marks=[
                pytest.mark.sweep,
                pytest.mark.skipif(
                    find_spec("facenet_pytorch") is None,
                    reason="needs facenet-pytorch 2.6.0, installed with --no-deps",
                ),
            ],
        ),
    ],
)
def test_the_examples_own_tests_pass_where_they_are_installed(
    shop, built, example, needs, tmp_path
):
    """As their authors run them: from a folder of theirs, against installed wheels."""
    shop.install(built(example), *(built(name) for name in needs))
    done = shop.run(
        "import sys, pytest\n"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir', {str(tmp_path)!r}, "
        f"{str(EXAMPLES / example / 'tests')!r}]))"
    )
    shop.uninstall(*(name.replace("hub-acme", "acme") for name in [example, *needs]))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert " failed" not in done.stdout


def test_an_editable_installation_finds_the_checkpoint_in_its_source(shop):
    """So that authors can work on their package as they are used to."""
    shop.pip("install", "-q", "--no-index", "--no-deps", "--no-build-isolation", "-e",
             EXAMPLES / "hub-acme-flowers")  # fmt: skip
    done = shop.run(
        "import hubcore\n"
        "print(hubcore.get_weight('AcmeFlowers_Weights.V1').download().stat().st_size)",
        HUBCORE_HOME=str(shop.folder / "another-home"),
    )
    shop.uninstall("acme-flowers")
    assert done.stdout.strip() == "1529235", done.stderr


def test_an_example_holds_nothing_of_ours():
    """They reach hubcore through its public names alone, as an author outside must."""
    allowed = {"hubcore", "hubcore.family", "hubcore.testing", "hubcore.transforms"}
    allowed |= {"hubcore.prediction", "hubcore.prediction.tasks"}
    for path in EXAMPLES.glob("hub-*/**/*.py"):
        for line in path.read_text("utf-8").splitlines():
            words = line.split()
            if words[:1] in (["from"], ["import"]) and words[1].startswith("hubcore"):
                assert words[1] in allowed, f"{path}: {line}"


# -- Enums that exist


@pytest.fixture
def checkpoints(own_home, monkeypatch):
    """torch.hub's folder: files in it are read, and nothing is fetched."""
    folder = own_home / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(folder.parent))
    return folder


class Landsat_Weights(Enum):
    """TorchGeo's pattern: members of an enum of one's own, with a loader of one's own."""

    FIVE_LAKES = ("https://weights.example.org/lakes.pth", 5)
    TWO_LAKES = ("https://weights.example.org/lakes2.pth", 2)

    @property
    def url(self):
        return self.value[0]

    @property
    def transforms(self):
        return torch.nn.Identity

    @property
    def meta(self):
        return {"categories": [f"lake {i}" for i in range(self.value[1])]}

    def get_state_dict(self, *args, **kwargs):
        torch.manual_seed(7)
        return torchvision.models.squeezenet1_1(num_classes=self.value[1]).state_dict()


def test_an_enum_of_another_project_is_accepted_by_any_builder_that_it_fits():
    model = hubcore.get_model("squeezenet1_1", weights=Landsat_Weights.FIVE_LAKES)
    assert model.classifier[1].out_channels == 5
    assert torch.equal(
        model.features[0].weight, Landsat_Weights.FIVE_LAKES.get_state_dict()["features.0.weight"]
    )


def test_an_enum_that_does_not_fit_is_refused_by_its_tensors():
    with pytest.raises(WeightsError, match=r"Landsat_Weights.TWO_LAKES do not fit .*'resnet18'"):
        hubcore.get_model("resnet18", weights=Landsat_Weights.TWO_LAKES)


# -- Heads of third parties' models


@pytest.fixture
def third_party_model(tmp_path):
    """A model that takes configuration only, with two heads and weights for four classes."""
    module = tmp_path / "acme_twins.py"
    module.write_text(
        "from torch import nn\n"
        "class Twins(nn.Module):\n"
        "    def __init__(self, num_classes=4, width=8):\n"
        "        super().__init__()\n"
        "        self.body = nn.Linear(3, width)\n"
        "        self.left = nn.Linear(width, num_classes)\n"
        "        self.right = nn.Linear(width, 2 * num_classes)\n"
    )
    sys.path.insert(0, str(tmp_path))
    import acme_twins

    torch.manual_seed(0)
    path = tmp_path / "twins.pth"
    torch.save(acme_twins.Twins().state_dict(), path)
    default_store().add(path)
    member = {
        "url": "https://weights.example.org/twins.pth",
        "sha256": sha256_of(path),
        "transforms": "torch.nn:Identity",
        "meta": {"categories": ["a", "b", "c", "d"]},
    }
    catalog = {
        "schema": 1,
        "models": {
            "twins": {
                "task": "image-classification",
                "architecture": "acme_twins:Twins",
                "weights": "Twins_Weights",
                "head": ["left", "right"],
            }
        },
        "weights": {"Twins_Weights": {"builder": "twins", "members": {"V1": member}}},
    }
    with hubcore.register(catalog, name="acme"):
        yield torch.load(path)
    sys.path.remove(str(tmp_path))
    sys.modules.pop("acme_twins")


def test_every_declared_head_is_new_and_the_body_is_kept(third_party_model):
    model = hubcore.get_model("twins", weights="V1", num_classes=3)
    assert (model.left.out_features, model.right.out_features) == (3, 6)
    assert torch.equal(model.body.weight, third_party_model["body.weight"])
    report = hubcore.load_report(model)
    assert set(report.new) == {"left.weight", "left.bias", "right.weight", "right.bias"}
    assert set(report.loaded) == {"body.weight", "body.bias"}


def test_the_weights_own_number_of_classes_changes_nothing(third_party_model):
    model = hubcore.get_model("twins", weights="V1", num_classes=4)
    assert hubcore.load_report(model).new == ()
    for key, tensor in model.state_dict().items():
        assert torch.equal(tensor, third_party_model[key])


def test_other_arguments_that_do_not_fit_are_refused(third_party_model):
    with pytest.raises(WeightsError, match=r"(?s)twins.*tensors fit.*not \[9"):
        hubcore.get_model("twins", weights="V1", width=9)
