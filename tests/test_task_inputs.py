"""Tasks that take texts, points, images with a prompt, and sets of images."""

import json
import sys

import numpy as np
import pytest
import torch
from environments import write_dist_info
from PIL import Image

import hubcore
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.prediction import Failure
from hubcore.prediction.expansion import expand
from hubcore.prediction.inputs import PointsInput
from hubcore.store import default_store
from hubcore.testing import CHECKS, Skipped, Subject

TASKS = """
from dataclasses import dataclass

from hubcore.prediction.tasks import Result, Sample, Task


@dataclass(frozen=True, eq=False)
class Number(Result):
    value: float

    def lines(self):
        return [f"value: {self.value:.3f}"]

    def annotations(self):
        return [{"value": round(self.value, 4)}]


class _Summed(Task):
    def results(self, output, items, samples):
        values = output.tolist()
        return [Number(i, s.size, v) for i, s, v in zip(items, samples, values, strict=True)]


def level(image):
    import numpy as np
    import torch

    return torch.from_numpy(np.asarray(image).copy()).float().mean() / 255


class OfText(_Summed):
    def load(self, item):
        import torch

        return Sample((torch.tensor([float(len(item.text))]),), (0, 0))


class OfPoints(_Summed):
    def load(self, item):
        import torch

        return Sample((torch.from_numpy(item.array()).float().sum()[None],), (0, 0))


class OfPrompted(_Summed):
    def load(self, item):
        image = item.image.open()
        return Sample((level(image)[None] + len(item.prompt),), image.size)


class OfImages(_Summed):
    def load(self, item):
        import torch

        opened = [image.open() for image in item.images]
        return Sample((torch.stack([level(image) for image in opened]),), opened[0].size)
"""
NET = """
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.scale * x.sum(1)
"""
KINDS = {"of-text": "text", "of-points": "points", "of-prompted": "prompted", "of-images": "images"}


@pytest.fixture(autouse=True)
def acme(tmp_path, monkeypatch):
    """An installed package with a task and a model for each kind of input."""
    folder = tmp_path / "site" / "acme_inputs"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(folder.parent))
    (folder / "__init__.py").write_text("")
    (folder / "tasks.py").write_text(TASKS)
    (folder / "net.py").write_text(NET)
    facts = {n: {"help": "sums up", "input": kind, "classes": False} for n, kind in KINDS.items()}
    (folder / "tasks.json").write_text(json.dumps(facts))
    torch.save({"scale": torch.tensor(2.0)}, tmp_path / "net.pth")
    default_store().add(tmp_path / "net.pth")
    models, weights = {}, {}
    for name in KINDS:
        enum = f"{name.replace('-', '_')}_Weights"
        models[name] = {"task": name, "architecture": "acme_inputs.net:Net", "weights": enum}
        member = {
            "url": "https://acme.dev/net.pth",
            "sha256": sha256_of(tmp_path / "net.pth"),
            "transforms": "torch.nn:Identity",
        }
        weights[enum] = {"builder": name, "default": "V1", "members": {"V1": member}}
    catalog = {"schema": 1, "models": models, "weights": weights}
    (folder / "catalog.json").write_text(json.dumps(catalog))
    points = [f"{name} = acme_inputs.tasks:Of{name[3:].title()}" for name in KINDS]
    points = ["[hubcore.tasks]", *points, "[hubcore.catalog]", "acme = acme_inputs:catalog.json"]
    write_dist_info(folder.parent, "acme_inputs", "\n".join(points))
    hubcore.refresh()
    yield
    for module in [m for m in sys.modules if m.partition(".")[0] == "acme_inputs"]:
        del sys.modules[module]
    monkeypatch.undo()
    hubcore.refresh()


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, grey in enumerate((51, 102, 153)):
        Image.new("RGB", (40, 30), (grey,) * 3).save(folder / f"{number}.png")
    return folder


def values(model, inputs):
    return [round(result.value, 3) for result in hubcore.predict(model, inputs)]


def test_texts(tmp_path, capsys):
    assert values("of-text", "four") == [8]
    assert values("of-text", ["four", "a photo of a cat"]) == [8, 32]
    assert main(["predict", "of-text", "four", "--output", str(tmp_path / "drawn")]) == 0
    assert "value: 8.000" in capsys.readouterr().out
    assert len(list((tmp_path / "drawn").iterdir())) == 1


@pytest.mark.parametrize("wrong", ["", "  ", 3, None])
def test_what_is_no_text_is_said_to_be_none(wrong):
    (found,) = expand([wrong], "of-text")
    assert isinstance(found, Failure)
    assert "text" in found.error.reason


def test_points(tmp_path, capsys):
    points = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "points.npy", points)
    path = str(tmp_path / "points.npy")
    assert values("of-points", [path, points, torch.from_numpy(points)]) == [30, 30, 30]
    assert main(["predict", "of-points", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["annotations"][0]["value"] == 30


@pytest.mark.parametrize(
    "content", [np.zeros(3), np.zeros((0, 3)), np.array([["a"]]), "object", b"no points"]
)
def test_what_is_no_points_is_an_error_of_that_input(content, tmp_path):
    """A pickle in a file is not read."""
    path = tmp_path / "points.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, np.array([[object()]]) if isinstance(content, str) else content)
    with pytest.raises(hubcore.HubError, match="points"):
        PointsInput("points", path).array()
    (found,) = hubcore.predict("of-points", [str(path)], on_error="return")
    assert isinstance(found, Failure)


def test_images_with_a_prompt(photos, capsys):
    first = str(photos / "0.png")
    assert values("of-prompted", (first, "cat")) == [6.4]
    found = values("of-prompted", [(str(photos), [(1, 2)]), (Image.open(first), "ab")])
    assert found == [2.4, 2.8, 3.2, 4.4]
    assert main(["predict", "of-prompted", first, "--prompt", "cat"]) == 0
    assert "value: 6.400" in capsys.readouterr().out


def test_an_image_without_a_prompt_and_a_prompt_without_such_a_task_are_errors(photos, capsys):
    assert main(["predict", "of-prompted", str(photos / "0.png")]) == 1
    assert "has no prompt" in capsys.readouterr().err
    assert main(["predict", "of-images", str(photos), "--prompt", "cat"]) == 1
    assert "takes no prompt" in capsys.readouterr().err


def test_sets_of_images(photos, tmp_path, capsys):
    paths = [str(photos / f"{number}.png") for number in range(3)]
    assert values("of-images", str(photos)) == [2.4]
    assert values("of-images", [tuple(paths[:2]), str(photos)]) == [1.2, 2.4]
    assert values("of-images", paths) == [2.4]
    assert main(["predict", "of-images", *paths, "--output", str(tmp_path / "drawn")]) == 0
    assert "value: 2.400" in capsys.readouterr().out
    [picture] = (tmp_path / "drawn").iterdir()
    assert Image.open(picture).width >= 3 * 40


def test_a_set_with_an_image_that_is_missing_is_not_run(photos):
    paths = (str(photos / "0.png"), str(photos / "9.png"))
    (found,) = hubcore.predict("of-images", [paths], on_error="return")
    assert isinstance(found, Failure)
    assert "9.png" in found.source
    empty = photos / "empty"
    empty.mkdir()
    (found,) = expand([str(empty)], "of-images")
    assert isinstance(found, Failure)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "of-prompted"])
def test_the_kit_runs_a_model_of_each_kind_that_it_can_make_an_input_for(name):
    assert list(CHECKS["loading"](Subject.of_plugin("acme-inputs", [name]))) == []


def test_the_kit_runs_prompted_models_with_the_example_that_their_task_gives(tmp_path):
    """Without one it says so."""

    def loading():
        hubcore.refresh()
        return list(CHECKS["loading"](Subject.of_plugin("acme-inputs", ["of-prompted"])))

    [finding] = loading()
    assert isinstance(finding, Skipped)
    assert 'not run: the JSON file of its task gives no "prompt"' in str(finding)
    path = tmp_path / "site" / "acme_inputs" / "tasks.json"
    facts = json.loads(path.read_text())
    facts["of-prompted"]["prompt"] = "a cat"
    path.write_text(json.dumps(facts))
    assert loading() == []
    facts["of-prompted"]["prompt"] = 7  # of which there is no length
    path.write_text(json.dumps(facts))
    [finding] = loading()
    assert "has no len()" in str(finding)
