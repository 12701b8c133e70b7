"""What hubcore expects of a package, and that its tasks do what they say."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from acme_tasks.depth import DepthMap
from PIL import Image

import hubcore
from hubcore.testing import PluginTests

sys.path.append(str(Path(__file__).parents[1] / "training"))
from draw import SHAPES, draw
from scenes import scene


class TestPlugin(PluginTests):
    distribution = "acme-tasks"


def test_the_shapes_of_pictures_that_nobody_has_seen_are_named():
    """None, one, or several of them."""
    pictures, truth = zip(*(draw(30_000 + number) for number in range(50)), strict=True)
    found = hubcore.predict("shapes", list(pictures))
    said = torch.tensor([[one.present for one in result.classes] for result in found])
    assert (said == torch.stack(truth).bool()).float().mean() > 0.9
    assert {int(row.sum()) for row in said} == {0, 1, 2, 3}
    assert [one.label for one in found[0].classes] == SHAPES


def test_each_class_has_its_own_threshold():
    weights = hubcore.get_weight("Shapes_Weights.DEFAULT")
    [result] = hubcore.predict("shapes", draw(30_000)[0])
    assert [one.threshold for one in result.classes] == weights.meta["thresholds"]
    for one in result.classes:
        assert one.present == (one.probability >= one.threshold)


def test_a_picture_of_twice_the_size_is_nearer_to_the_photo_than_bicubic():
    """On a photo that the training did not see, as measured in `training/train.py`."""
    photo = Image.fromarray(skimage.data.astronaut())
    small = photo.resize((256, 256), Image.Resampling.BICUBIC)
    [result] = hubcore.predict("twice", small)
    assert result.image.size == photo.size
    assert error(result.image, photo) < 0.9 * error(
        small.resize(photo.size, Image.Resampling.BICUBIC), photo
    )


def error(image, photo):
    from torchvision.transforms.functional import pil_to_tensor

    return float((pil_to_tensor(image).float() - pil_to_tensor(photo).float()).square().mean())


def test_the_depth_of_scenes_that_nobody_has_seen_is_found():
    """As measured in `training/train.py`; and for a picture of another size."""
    pictures, truth = zip(*(scene(30_000 + number) for number in range(20)), strict=True)
    found = hubcore.predict("distance", list(pictures))
    errors = [
        abs(one.depth - depth.numpy()) / depth.numpy()
        for one, depth in zip(found, truth, strict=True)
    ]
    assert sum(error.mean() for error in errors) / len(errors) < 0.06
    assert {one.unit for one in found} == {"m"}
    [wide] = hubcore.predict("distance", pictures[0].resize((150, 70)))
    assert wide.depth.shape == (70, 150)
    assert wide.picture().size == (150, 70)
    near, far = wide.annotations()[0]["nearest"], wide.annotations()[0]["farthest"]
    assert 0 < near < 3 < far < 15


def test_a_picture_of_one_colour_has_a_depth_too():
    """No division by the difference of what is equal."""
    flat = DepthMap(None, (4, 3), np.full((3, 4), 2.0, np.float32), "")
    assert flat.lines() == ["nearest 2.00", "median 2.00", "farthest 2.00"]
    assert flat.picture().getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize(
    ("model", "size"), [("shapes", None), ("twice", (128, 128)), ("distance", (64, 64))]
)
def test_the_command_line_draws_and_prints(model, size, tmp_path):
    draw(30_001)[0].save(tmp_path / "picture.png")
    command = [sys.executable, "-m", "hubcore", "predict", model, str(tmp_path / "picture.png"),
               "--json", "--output", str(tmp_path / "drawn")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["annotations"]
    if size:
        assert [(one["width"], one["height"]) for one in found] == [size]
    else:
        assert [one["category"] for one in found] == SHAPES
    assert len(list((tmp_path / "drawn").iterdir())) == 1
