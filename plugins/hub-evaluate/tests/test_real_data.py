"""Real pictures with a known truth, through the readers, the model and the metrics."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from hub_evaluate import evaluate
from hub_evaluate.data import open_data
from hub_evaluate.metrics import metrics_of
from hubcore import get_weight
from hubcore.prediction import Flow, predict

TOP, LEFT, HEIGHT, WIDTH = 150, 300, 128, 192


@pytest.fixture
def middlebury(tmp_path):
    """A part of Middlebury's motorcycle: the right eye sees everything further left."""
    skimage = pytest.importorskip("skimage")
    folder = Path(skimage.__file__).parent / "data"
    if not (folder / "motorcycle_disp.npz").is_file():
        pytest.skip("this scikit-image comes without the stereo pair")
    [disparity] = np.load(folder / "motorcycle_disp.npz").values()
    box = (LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT)
    root = tmp_path / "middlebury"
    root.mkdir()
    for side, number in (("left", 1), ("right", 2)):
        picture = Image.open(folder / f"motorcycle_{side}.png").convert("RGB").crop(box)
        picture.save(root / f"motorcycle_img{number}.png")
    flow = np.stack([-disparity, np.zeros_like(disparity)]).astype(np.float32)
    np.save(root / "motorcycle_flow.npy", flow[:, TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH])
    return root


def test_disparity_is_a_horizontal_flow_that_is_unknown_where_eyes_differ(middlebury):
    [sample] = open_data(middlebury, "optical-flow", []).samples
    flow, known = sample.target()
    assert flow.shape == (2, HEIGHT, WIDTH)
    assert 0 < known.sum() < known.size
    assert (flow[0][known] < 0).all()
    assert not flow[1][known].any()


def test_seeded_raft_on_the_pair_has_the_error_of_its_definition(middlebury):
    torch.manual_seed(0)
    model = torchvision.models.optical_flow.raft_small().eval()
    weights = get_weight("Raft_Small_Weights.C_T_V2")
    options = {"weights": weights, "task": "optical-flow"}
    found = evaluate(model, middlebury, resamples=0, **options).metrics
    [sample] = open_data(middlebury, "optical-flow", []).samples
    truth, known = sample.target()
    images = [middlebury / f"motorcycle_img{number}.png" for number in (1, 2)]
    flow = np.asarray(predict(model, [tuple(images)], **options)[0].flow)
    error = np.sqrt(((flow - truth) ** 2).sum(axis=0))[known]
    assert found["epe"].value == pytest.approx(error.mean(), rel=1e-4)
    assert found["1px"].value == pytest.approx(100 * (error < 1).mean(), abs=0.01)


def test_an_exact_flow_has_no_error(middlebury):
    [sample] = open_data(middlebury, "optical-flow", []).samples
    truth, known = sample.target()
    measuring = metrics_of("optical-flow", [])
    for shift, error in ((0.0, 0.0), (5.0, 5.0)):
        moved = torch.from_numpy(np.where(known, truth, 0) + np.array([[[shift]], [[0]]]))
        result = Flow(sample.input, (WIDTH, HEIGHT), moved.float(), 0, 0, 0)
        found = measuring.compute([measuring.observe(sample, result)])
        assert found["epe"] == pytest.approx(error, abs=1e-5)
