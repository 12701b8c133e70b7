"""Detection, masks, keypoints and semantic segmentation: trained, packed, and wrong input."""

import csv
import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2

import hubcore
from hub_evaluate.data import open_data
from hub_train import TrainingError, train
from hub_train.recipes import parse_recipe
from hub_train.sampling import order_of, seed_of
from hub_train.scenes import KEYPOINTS, SHAPES, draw_figures, draw_scenes
from hub_train.tasks.flipping import Flip
from hub_train.tasks.objects import augmentation, target_of
from hubcore.prediction import predict

QUICK = """
tasks = ["object-detection", "instance-segmentation", "keypoint-detection", "semantic-segmentation"]
epochs = 1
batch_size = 3
keep = "last"
[images]
train_size = 64
test_resize = 120
objects = "flip"
[optimizer]
lr = 0.01
[schedule]
warmup_steps = 1000
warmup_factor = 0.001
"""


def quick(more="", images=""):
    text = QUICK.replace('objects = "flip"\n', f'objects = "flip"\n{images}')
    return parse_recipe(text + more, "quick", "quick.toml")


def install(wheel, tmp_path, monkeypatch):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    monkeypatch.syspath_prepend(site)
    hubcore.refresh()


SLOW = pytest.mark.sweep


@pytest.mark.parametrize(
    "kind",
    ["boxes", pytest.param("masks", marks=SLOW), pytest.param("keypoints", marks=SLOW), "pixels"],
)
def test_names_and_preprocessing_survive_from_training_to_prediction(
    kind, hub, shapes, figures, tmp_path, monkeypatch
):
    """train -> pack -> install -> predict, for each task."""
    data = figures if kind == "keypoints" else shapes
    labels = shapes / "labels.csv" if kind == "pixels" else None
    made = train(f"tiny_{kind}", data, weights="none", recipe=quick(), labels=labels,
                 output=tmp_path / "out", name=f"acme-{kind}", license="MIT")  # fmt: skip
    known = ["person"] if kind == "keypoints" else list(SHAPES)
    ground = "background" if kind == "pixels" else "__background__"
    assert list(made.categories) == [ground, *known]
    assert len(made.losses) == (1 if kind == "keypoints" else 3)
    install(made.wheel, tmp_path, monkeypatch)
    weights = hubcore.get_weight(f"Acme{kind.capitalize()}_Weights.V1")
    assert list(weights.meta["categories"]) == list(made.categories)
    [photo, *_] = sorted((data / "images").iterdir())
    [result] = predict(f"tiny_{kind}", photo, weights=weights, score=0.0)
    if kind == "pixels":
        assert result.size == (160, 120)
    for found in getattr(result, "detections", ()):
        assert found.label in known
        if kind == "keypoints":
            assert [point.name for point in found.keypoints] == list(KEYPOINTS)
    published = weights.meta["_metrics"][f"{data.name}, images held back"]
    score = {"boxes": "box_map", "masks": "mask_map", "keypoints": "kp_map", "pixels": "miou"}
    assert published[score[kind]] == pytest.approx(made.metrics[score[kind]], abs=1e-3)
    hubcore.refresh()


def test_a_detectors_curve_is_the_plain_scripts_step_by_step(hub, shapes, tmp_path):
    """As references/detection/train.py does it, with the shared rules of randomness."""
    recipe = parse_recipe(QUICK.replace("epochs = 1", "epochs = 2"), "quick", "quick.toml")
    made = train("tiny_boxes", shapes, weights="none", recipe=recipe, seed=5, validation=shapes,
                 output=tmp_path / "out", package=False)  # fmt: skip

    content = json.loads((shapes / "annotations" / "instances_train.json").read_text())
    torch.manual_seed(seed_of(5))
    model = hubcore.get_model("tiny_boxes", weights=None, num_classes=4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    losses = []
    for epoch in range(2):
        model.train()
        warm = None
        if epoch == 0:
            warm = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.001, total_iters=3)
        order = order_of(12, 5, epoch)
        for step in range(4):
            images, targets = [], []
            for position in range(3 * step, 3 * step + 3):
                picture = content["images"][order[position]]
                rows = [one for one in content["annotations"] if one["image_id"] == picture["id"]]
                boxes = torch.tensor([one["bbox"] for one in rows])
                boxes[:, 2:] += boxes[:, :2]
                labels = torch.tensor([one["category_id"] for one in rows])
                image = Image.open(shapes / "images" / picture["file_name"]).convert("RGB")
                image = v2.functional.to_dtype(v2.functional.pil_to_tensor(image), torch.float,
                                               scale=True)  # fmt: skip
                torch.manual_seed(seed_of(5, epoch, position))
                if torch.rand(1) < 0.5:
                    image = image.flip(-1)
                    boxes[:, [0, 2]] = 160 - boxes[:, [2, 0]]
                images.append(image)
                targets.append({"boxes": boxes, "labels": labels})
            torch.manual_seed(seed_of(5, epoch, step, 0, 1))
            loss = sum(model(images, targets).values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if warm is not None:
                warm.step()
            losses.append(loss.item())
        scheduler.step()
    assert made.losses == pytest.approx(losses, abs=1e-6)


def objects_of(data):
    image, target = data[0]
    picture = tv_tensors.Image(v2.functional.pil_to_tensor(image))
    return picture, target_of(target, (image.height, image.width))


@pytest.mark.parametrize("kind", ["", "flip", "multiscale", "large-scale-jitter", "ssd", "ssdlite"])
def test_each_augmentation_keeps_boxes_around_their_masks(kind, shapes):
    image, target = objects_of(open_data(shapes, "instance-segmentation"))
    images = quick(images="jitter_size = 96\nshortest = [60, 90]\n").images
    transform = augmentation(replace(images, objects=kind), ())
    for seed in range(5):
        torch.manual_seed(seed)
        _, found = transform(image, target)
        assert len(found["masks"]) == len(found["boxes"]) == len(found["labels"])
        for box, mask in zip(found["boxes"].tolist(), found["masks"], strict=True):
            rows, columns = mask.nonzero(as_tuple=True)
            around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert np.abs(np.array(box) - np.array([int(one) for one in around])).max() < 6


def test_a_flip_makes_a_left_eye_a_right_one(figures):
    image, target = objects_of(open_data(figures, "keypoint-detection"))
    _, found = Flip(1.0, KEYPOINTS)(image, target)
    left, right = KEYPOINTS.index("left_wrist"), KEYPOINTS.index("right_wrist")
    before, after = target["keypoints"], found["keypoints"]
    assert after[0, left, 0] == pytest.approx(159 - before[0, right, 0].item())
    assert after[0, left, 0] > after[0, right, 0]  # of a figure that looks at us
    assert found["visibility"].shape == target["visibility"].shape


@SLOW
def test_copy_paste_is_a_part_of_a_recipe(hub, shapes, tmp_path):
    made = train("tiny_masks", shapes, weights="none", output=tmp_path / "out", package=False,
                 recipe=quick(images="copy_paste = true\n"))  # fmt: skip
    assert all(np.isfinite(made.losses))


def changed(root, change):
    path = root / "annotations" / "instances_train.json"
    content = json.loads(path.read_text())
    change(content["annotations"][0])
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("boxes", lambda one: one.update(bbox=[5, 5, 0, 9]), "an empty box"),
        ("boxes", lambda one: one.update(bbox=[500, 5, 9, 9]), "a box outside of the image"),
        ("masks", lambda one: one.update(segmentation={"size": [9, 9], "counts": [81]}), "9 x 9"),
        ("masks", lambda one: one.pop("segmentation"), "segmentation"),
    ],
)
def test_a_wrong_annotation_is_told_before_the_training(kind, change, said, hub, shapes, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(shapes, root)
    changed(root, change)
    with pytest.raises(hubcore.HubError, match=said):
        train(f"tiny_{kind}", root, weights="none", recipe=quick(), output=tmp_path / "out")
    assert not (tmp_path / "out" / "checkpoint.pt").exists()


def test_a_mask_that_does_not_match_is_told_before_the_training(hub, shapes, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(shapes, root)
    Image.new("L", (9, 9)).save(root / "masks" / "0003.png")
    with pytest.raises(TrainingError, match=r"0003\.png.*9 x 9"):
        train("tiny_pixels", root, weights="none", recipe=quick(), labels=root / "labels.csv",
              output=tmp_path / "out")  # fmt: skip


def test_a_detector_that_is_not_torchvisions_is_refused(hub, shapes, tmp_path):
    with pytest.raises(TrainingError, match="none of torchvision's detectors"):
        train("detr_resnet50", shapes, weights="none", recipe=quick(), output=tmp_path / "out")


LEARN = """
tasks = ["object-detection", "instance-segmentation", "keypoint-detection", "semantic-segmentation"]
epochs = 12
batch_size = 4
[images]
train_size = 112
resize = [0.8, 1.4]
[optimizer]
name = "adamw"
lr = 0.001
weight_decay = 0.0001
clip_gradients = 10.0
[schedule]
per = "step"
warmup_steps = 30
"""


@SLOW
@pytest.mark.parametrize(
    ("kind", "count", "score", "reached"),
    [
        ("boxes", 60, "box_map", 60),
        ("masks", 60, "mask_map", 40),
        ("pixels", 40, "miou", 65),
        ("keypoints", 40, "kp_map", 60),
    ],
)
def test_drawn_scenes_are_learned_from_random_weights(
    kind, count, score, reached, hub, tmp_path, monkeypatch
):
    """From nothing to a metric that must be reached on the scenes held back."""
    draw = draw_figures if kind == "keypoints" else draw_scenes
    data = draw(tmp_path / "drawn", count)
    labels = data / "labels.csv" if kind == "pixels" else None
    recipe = parse_recipe(LEARN, "learn", "learn.toml")
    made = train(f"tiny_{kind}", data, weights="none", labels=labels, name="acme-drawn",
                 recipe=recipe, output=tmp_path / "out")  # fmt: skip
    assert made.metrics[score] >= reached
    if "TRAIN_PICTURES" in os.environ:  # a folder, for those of docs/train.md
        install(made.wheel, tmp_path, monkeypatch)
        rows = csv.DictReader((tmp_path / "out" / "validation.csv").open())
        photos = [next(data.rglob(Path(row["file"]).name)) for row in rows][:2]
        found = predict(f"tiny_{kind}", photos, weights="AcmeDrawn_Weights.V1", score=0.5)
        for number, result in enumerate(found):
            result.draw().save(Path(os.environ["TRAIN_PICTURES"]) / f"{kind}-{number}.png")
        hubcore.refresh()
