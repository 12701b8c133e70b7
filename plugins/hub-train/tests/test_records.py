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
def test_a_record_on_other_data_is_equal_when_it_is_checked(kind, installed, tmp_path, capsys):
    draw = draw_figures if kind == "keypoints" else draw_scenes
    data, held = draw(tmp_path / "data", 8), draw(tmp_path / "held", 3, seed=7)
    labels = data / "labels.csv" if kind == "pixels" else None
    recipe = parse_recipe(RECIPE, "quick", "quick.toml")
    installed(f"tiny_{kind}", data, recipe, labels=labels, validation=held)
    more = ["--labels", labels] if labels else []
    assert check(tmp_path, held, *more) == 0
    assert "equal: all metrics, and the outputs of 3 inputs" in capsys.readouterr().out
    assert check(tmp_path, data, *more) == 1  # other data are told


def test_a_classifiers_record_on_images_held_back_is_equal_when_it_is_checked(
    installed, colours, recipe, tmp_path, capsys
):
    installed("tiny_net", colours, recipe())
    assert check(tmp_path, colours, "--labels", tmp_path / "out" / "validation.csv") == 0
    assert "equal" in capsys.readouterr().out
