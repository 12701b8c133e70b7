"""The record of a training, checked by `hub evaluate --check` with the installed package. Slow."""

import zipfile

import pytest

import hubcore
from hub_train import train
from hub_train.recipes import parse_recipe
from hub_train.scenes import draw_figures, draw_scenes
from hubcore.cli import main

pytestmark = pytest.mark.sweep

RECIPE = """
tasks = ["object-detection", "instance-segmentation", "keypoint-detection", "semantic-segmentation"]
epochs = 1
batch_size = 4
[images]
train_size = 64
test_resize = 120
[optimizer]
lr = 0.01
"""


@pytest.fixture
def installed(hub, tmp_path, monkeypatch):
    """Trains, and unpacks the wheel as pip would."""

    def run(model, data, recipe, **options):
        made = train(model, data, weights="none", recipe=recipe, output=tmp_path / "out",
                     name="acme-checked", **options)  # fmt: skip
        zipfile.ZipFile(made.wheel).extractall(tmp_path / "site")
        monkeypatch.syspath_prepend(tmp_path / "site")
        hubcore.refresh()

    yield run
    hubcore.refresh()


def check(tmp_path, data, *more):
    record = str(tmp_path / "out" / "record.json")
    return main(["evaluate", "--check", record, "--data", str(data), *map(str, more)])


@pytest.mark.parametrize("kind", ["boxes", "masks", "keypoints", "pixels"])
@pytest.mark.parametrize("given", [True, False], ids=["other data", "held back"])
def test_a_record_is_equal_when_it_is_checked(kind, given, installed, tmp_path, capsys):
    draw = draw_figures if kind == "keypoints" else draw_scenes
    data, other = draw(tmp_path / "data", 8), draw(tmp_path / "other", 3, seed=7)
    labels = data / "labels.csv" if kind == "pixels" else None
    recipe = parse_recipe(RECIPE, "quick", "quick.toml")
    installed(f"tiny_{kind}", data, recipe, labels=labels, validation=other if given else None)
    more = ["--labels", labels] if labels else []
    assert check(tmp_path, other if given else data, *more) == 0
    count = 3 if given else 2
    assert f"equal: all metrics, and the outputs of {count} inputs" in capsys.readouterr().out
    assert check(tmp_path, data if given else other, *more) == 1  # other data are told


def test_a_classifiers_record_is_equal_when_it_is_checked(
    installed, colours, recipe, tmp_path, capsys
):
    installed("tiny_net", colours, recipe())
    assert check(tmp_path, colours) == 0
    assert check(tmp_path, colours, "--labels", tmp_path / "out" / "validation.csv") == 0
    assert capsys.readouterr().out.count("equal: all metrics, and the outputs of 6 inputs") == 2
