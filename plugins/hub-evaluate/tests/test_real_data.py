"""Real pictures with a known truth, through the readers, the model and the metrics."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from photos import import_mobilenet, packaged
from PIL import Image, ImageDraw

from hub_evaluate import evaluate
from hub_evaluate.data import open_data
from hub_evaluate.metrics import metrics_of
from hubcore import get_weight
from hubcore.prediction import Detection, DetectionResult, Flow, Keypoint, predict
from hubcore.prediction.coco import encode_rle

TOP, LEFT, HEIGHT, WIDTH = 150, 300, 128, 128


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


def coco(root, size, annotations, kind):
    """One picture of a size (width, height) as a COCO data set."""
    (root / "annotations").mkdir()
    Image.new("RGB", size).save(root / "picture.png")
    content = {
        "images": [{"id": 1, "file_name": "picture.png", "width": size[0], "height": size[1]}],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, **one}
            for number, one in enumerate(annotations, 1)
        ],
    }
    (root / "annotations" / "instances_val.json").write_text(json.dumps(content))
    [sample] = open_data(root, kind, ["thing"]).samples
    return sample


def measured(sample, size, detections, kind):
    measuring = metrics_of(kind, ["thing"])
    result = DetectionResult(sample.input, size, tuple(detections))
    return measuring.compute([measuring.observe(sample, result)])


def box_of(mask):
    rows, columns = np.nonzero(mask)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_125_nuclei_are_more_than_cocos_hundred_detections(tmp_path):
    """Of a perfect answer only the best 100 count: a recall of 0.8 reaches 81 of 101 points."""
    [path] = packaged("stardist", "mask2d.tif")
    numbers = np.asarray(Image.open(path))[::2, ::2]  # faster
    masks = [numbers == number for number in np.unique(numbers)[1:]]
    assert len(masks) == 125
    truth, answers, shifted = [], [], []
    for number, mask in enumerate(masks):
        left, top, right, bottom = map(int, box_of(mask))
        truth.append(
            {
                "bbox": [left, top, right - left, bottom - top],
                "area": int(mask.sum()),
                "segmentation": encode_rle(torch.from_numpy(mask)),
            }
        )
        score = 1 - number / 1000
        for moved, found in ((mask, answers), (np.roll(mask, 1, axis=1), shifted)):
            box = tuple(map(float, box_of(moved)))
            found.append(Detection("thing", 0, score, box, mask=torch.from_numpy(moved.copy())))
    kind = "instance-segmentation"
    size = numbers.shape[::-1]
    sample = coco(tmp_path, size, truth, kind)
    perfect = measured(sample, size, answers, kind)
    assert perfect["mask_map"] == pytest.approx(100 * 81 / 101)
    assert perfect["box_map"] == pytest.approx(100 * 81 / 101)
    worse = measured(sample, size, shifted, kind)
    assert 0 < worse["mask_map"] < perfect["mask_map"]
    assert worse["mask_map_50"] > worse["mask_map_75"]


def quokka():
    [path] = packaged("imgaug", "quokka.jpg")
    [notes] = packaged("imgaug", "quokka_annotations.json")
    return path, json.loads(notes.read_text())


def test_a_quokkas_box_and_polygon(tmp_path):
    """The true box is found; the box as a mask is too large for the polygon at strict overlaps."""
    path, notes = quokka()
    [box], [outline] = notes["bounding_boxes"], notes["polygons"]
    corners = [box[key] for key in ("x1", "y1", "x2", "y2")]
    sides = [corners[2] - corners[0], corners[3] - corners[1]]
    points = [[value for point in outline["keypoints"] for value in (point["x"], point["y"])]]
    truth = {"bbox": [*corners[:2], *sides], "area": sides[0] * sides[1], "segmentation": points}
    kind = "instance-segmentation"
    width, height = Image.open(path).size
    sample = coco(tmp_path, (width, height), [truth], kind)
    filled = torch.zeros(height, width, dtype=torch.bool)
    filled[int(corners[1]) : int(corners[3]), int(corners[0]) : int(corners[2])] = True
    drawn = Image.new("1", (width, height))
    ImageDraw.Draw(drawn).polygon(points[0], fill=1)
    for mask, strict in ((filled, False), (torch.from_numpy(np.array(drawn)), True)):
        found = measured(
            sample, (width, height), [Detection("thing", 0, 0.9, tuple(corners), mask=mask)], kind
        )
        assert found["box_map"] == pytest.approx(100)
        assert found["mask_map_50"] == pytest.approx(100)
        assert (found["mask_map"] > 99) is strict


def test_a_quokkas_keypoints_as_a_persons(tmp_path):
    """Its seven points among COCO's seventeen: exact ones are found, distant ones are not."""
    path, notes = quokka()
    places = {"nose": 0, "eye_left": 1, "eye_right": 2, "ear_tip_left": 3, "ear_tip_right": 4}
    places |= {"paw_left": 9, "paw_right": 10}
    [box] = notes["bounding_boxes"]
    corners = [box[key] for key in ("x1", "y1", "x2", "y2")]
    sides = [corners[2] - corners[0], corners[3] - corners[1]]
    points = np.zeros((17, 3))
    for point in notes["keypoints"]:
        points[places[point["label"]]] = (point["x"], point["y"], 2)
    truth = {
        "bbox": [*corners[:2], *sides],
        "area": sides[0] * sides[1],
        "keypoints": points.flatten().tolist(),
        "num_keypoints": len(places),
    }
    kind = "keypoint-detection"
    size = Image.open(path).size
    sample = coco(tmp_path, size, [truth], kind)
    for shift, expected in ((0, 100), (400, 0)):
        found = tuple(Keypoint(str(k), x + shift, y, 1.0) for k, (x, y, _) in enumerate(points))
        detection = Detection("thing", 0, 0.9, tuple(corners), keypoints=found)
        assert measured(sample, size, [detection], kind)["kp_map"] == pytest.approx(expected)


@pytest.mark.sweep
def test_half_of_the_face_patches_teaches_the_other_half(tmp_path):
    """scikit-image's 200 patches of 25 pixels: 100 faces and 100 others, real weights below."""
    data = pytest.importorskip("skimage.data")
    hub_train = pytest.importorskip("hub_train")
    import_mobilenet()
    for number, patch in enumerate(data.lfw_subset()):
        half, kind = ("train", "test")[number % 2], "face" if number < 100 else "other"
        path = tmp_path / "patches" / half / kind / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((patch * 255).round().astype(np.uint8)).save(path)
    hub_train.train(
        "mobilenet_v2",
        tmp_path / "patches" / "train",
        weights="IMAGENET1K_V1",
        recipe="frozen",
        validation=tmp_path / "patches" / "test",
        output=tmp_path / "out",
        package=False,
    )
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    accuracy = record["metrics"]["acc@1"]
    assert record["data"]["samples"] == 100
    assert accuracy["value"] >= 95
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
