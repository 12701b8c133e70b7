"""What hubcore expects of a package, and that a real face is found as facenet-pytorch finds it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import hubcore
from hubcore.testing import PluginTests

facenet = pytest.importorskip("facenet_pytorch", reason="facenet-pytorch is not installed")
skimage_data = pytest.importorskip("skimage.data")


class TestPlugin(PluginTests):
    distribution = "acme-faces"


@pytest.fixture(scope="module")
def astronaut():
    return Image.fromarray(skimage_data.astronaut())


def test_the_face_of_a_photo_is_that_of_facenet_pytorch(astronaut):
    """Box, probability and landmarks: the same networks with the same tensors."""
    [result] = hubcore.predict("mtcnn", astronaut)
    [face] = result.detections
    boxes, scores, points = facenet.MTCNN(keep_all=True).detect(astronaut, landmarks=True)
    assert face.label == "face"
    assert face.score == pytest.approx(scores[0], abs=1e-4)
    assert face.box == pytest.approx(boxes[0].tolist(), abs=0.1)
    found = np.array([(point.x, point.y) for point in face.keypoints])
    assert found == pytest.approx(points[0].astype("float32"), abs=0.1)
    eyes = {point.name: point.x for point in face.keypoints}
    assert eyes["right_eye"] < eyes["left_eye"]  # she looks at us


@pytest.mark.parametrize("size", [(300, 200), (12, 400), (1, 1)])
def test_no_face_is_found_where_there_is_none(size):
    """Neither in a grey picture, nor in one that is too small for any face."""
    [result] = hubcore.predict("mtcnn", Image.new("RGB", size, (120, 130, 140)))
    assert result.detections == ()


def test_images_of_different_sizes_share_a_call(astronaut):
    model = hubcore.get_model("mtcnn", weights="DEFAULT").eval()
    preprocess = hubcore.get_weight("MTCNN_Weights.DEFAULT").transforms()
    images = [preprocess(astronaut), preprocess(astronaut.crop((100, 0, 400, 300)))]
    with torch.inference_mode():
        first, second = model(images)
    shift = torch.tensor([100.0, 0, 100, 0])
    assert len(first["boxes"]) == len(second["boxes"]) == 1
    assert torch.allclose(first["boxes"][0], second["boxes"][0] + shift, atol=5)


def test_the_command_line_draws_and_prints(astronaut, tmp_path):
    astronaut.save(tmp_path / "astronaut.png")
    command = [sys.executable, "-m", "hubcore", "predict", "mtcnn", str(tmp_path / "astronaut.png"),
               "--json", "--output", str(tmp_path / "drawn")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [face] = json.loads(done.stdout)["annotations"]
    assert len(face["keypoints"]) == 15
    [picture] = (tmp_path / "drawn").iterdir()
    with Image.open(picture) as drawn:
        assert drawn.width >= astronaut.width
