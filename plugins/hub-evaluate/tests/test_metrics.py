"""Metrics equal those of the reference evaluators to the last digit."""

import contextlib
import copy
import io

import numpy as np
import pytest
import torch

from hub_evaluate.data import Sample
from hub_evaluate.intervals import counts, intervals
from hub_evaluate.metrics import metrics_of
from hub_evaluate.metrics.matching import match
from hubcore.prediction import Classification, ClassificationResult, Flow, SemanticMask
from hubcore.prediction.inputs import ImageInput, PairInput

SIZE = 100
SOURCE = ImageInput("one", None)


def scene(seed, images=25, classes=4):
    """Objects and detections: crowds, empty images, ties in score and in overlap, all areas."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for image in range(1, images + 1):
        number = 0 if random.random() < 0.2 else random.integers(1, 7)
        own = []
        for _ in range(number):
            corner, sides = random.integers(0, 60, 2), random.integers(3, 200, 2)
            box = [float(value) for value in (*corner, *sides)]
            own.append((int(random.integers(1, classes + 1)), box))
            crowd = int(random.random() < 0.15)
            area = float(sides.prod()) * (1 if crowd else 0.8)
            keypoints = random.integers(0, 100, (17, 3))
            keypoints[:, 2] = random.integers(0, 3, 17) * (random.random() > 0.2)
            truth.append(
                {
                    "id": len(truth) + 1,
                    "image_id": image,
                    "category_id": own[-1][0],
                    "bbox": box,
                    "area": area,
                    "iscrowd": crowd,
                    "segmentation": polygon(box) if not crowd else runs(box),
                    "keypoints": keypoints.flatten().tolist(),
                    "num_keypoints": int((keypoints[:, 2] > 0).sum()),
                }
            )
        for _ in range(0 if random.random() < 0.1 else random.integers(1, 25)):
            if own and random.random() < 0.7:
                category, box = own[random.integers(len(own))]
                # Whole pixels, so that many overlaps are equal.
                box = [float(value) for value in np.add(box, random.integers(-2, 3, 4)).clip(1)]
            else:
                category = int(random.integers(1, classes + 2))  # one has no objects
                box = [float(value) for value in random.integers(1, 60, 4)]
            points = random.integers(0, 100, (17, 3)).astype(float)
            found.append(
                {
                    "image_id": image,
                    "category_id": category,
                    "bbox": box,
                    "score": round(float(random.random()), 1),
                    "segmentation": runs(box),
                    "keypoints": points.flatten().tolist(),
                }
            )
    content = {
        "images": [{"id": id, "width": 300, "height": 300} for id in range(1, images + 1)],
        "categories": [{"id": id, "name": str(id)} for id in range(1, classes + 1)],
        "annotations": truth,
    }
    return content, [row for row in found if row["category_id"] <= classes]


def polygon(box):
    x, y, width, height = box
    return [[x, y, x + width, y, x + width, y + height, x, y + height]]


def runs(box):
    from pycocotools import mask

    x, y, width, height = (int(value) for value in box)
    values = np.zeros((300, 300), np.uint8, order="F")
    values[y : y + height, x : x + width] = 1
    packed = mask.encode(values)
    return {"size": packed["size"], "counts": packed["counts"].decode()}


def reference(truth, found, kind):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    part = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}[kind]
    kept = [
        {key: row[key] for key in ("image_id", "category_id", "score", part)}
        for row in copy.deepcopy(found)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        objects = COCO()
        objects.dataset = {"info": {}, **copy.deepcopy(truth)}
        objects.createIndex()
        evaluation = COCOeval(objects, objects.loadRes(copy.deepcopy(kept)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation, kept


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
@pytest.mark.parametrize("seed", range(3))
def test_objects_are_pycocotools_to_the_last_digit(kind, seed):
    """Every precision at every threshold, recall, class and area; and their means."""
    truth, found = scene(seed)
    expected, kept = reference(truth, found, kind)
    matches = match(truth, kept, kind)
    for place, area in enumerate(matches.areas):
        curve = expected.eval["precision"][:, :, :, place, -1]
        assert np.array_equal(matches.precision(area), curve)
    small = [] if kind == "keypoints" else ["small"]
    means = [matches.mean(), matches.mean(threshold=0.5), matches.mean(threshold=0.75)]
    means += [matches.mean(area) for area in (*small, "medium", "large")]
    stats = expected.stats[: len(means)]
    assert np.array_equal(np.nan_to_num(means, nan=-1), stats)


def test_counting_an_image_twice_is_having_it_twice():
    """What the intervals rest on."""
    truth, found = scene(5, images=12)
    for place, row in enumerate(found):  # of equal scores the order would decide
        row["score"] += place * 1e-6
    number = counts(12, 0, 0)
    images, objects, results = [], [], []
    for place in np.repeat(np.arange(1, 13), number).tolist():
        images.append({"id": len(images) + 1, "width": 300, "height": 300})
        for row in truth["annotations"]:
            if row["image_id"] == place:
                objects.append({**row, "id": len(objects) + 1, "image_id": len(images)})
        results += [{**row, "image_id": len(images)} for row in found if row["image_id"] == place]
    drawn = {"images": images, "annotations": objects, "categories": truth["categories"]}
    once = match(truth, found, "bbox").mean(counts=number)
    assert once == pytest.approx(match(drawn, results, "bbox").mean(), abs=1e-12)


def test_without_detections_and_without_objects():
    truth, found = scene(1, images=4)
    assert match(truth, [], "bbox").mean() == 0
    assert np.isnan(match({**truth, "annotations": []}, found, "bbox").mean())


def classified(target, order, probability=0.5):
    classes = tuple(Classification(str(one), one, probability) for one in order)
    sample = Sample("one", SOURCE, target)
    return sample, ClassificationResult(SOURCE, (1, 1), classes)


def test_accuracy_is_torchvisions_reference():
    """references/classification/utils.py: accuracy(), with topk."""
    logits = torch.randn(300, 20, generator=torch.Generator().manual_seed(0))
    target = torch.randint(0, 20, (300,), generator=torch.Generator().manual_seed(1))
    correct = logits.topk(5, 1, True, True)[1].t().eq(target[None])
    metrics = metrics_of("image-classification", [str(one) for one in range(20)])
    order = logits.argsort(dim=1, descending=True, stable=True)[:, :5].tolist()
    seen = [
        metrics.observe(*classified(int(one), row)) for one, row in zip(target, order, strict=True)
    ]
    found = metrics.compute(seen)
    for k in (1, 5):
        assert found[f"acc@{k}"] == correct[:k].flatten().sum().item() * 100 / 300


def test_the_calibration_error_is_that_of_its_definition():
    random = np.random.default_rng(0)
    confidence, correct = random.random(500), random.random(500) < 0.6
    metrics = metrics_of("image-classification", list("abcdef"))
    seen = [
        metrics.observe(*classified(0, [0 if right else 1], value))
        for value, right in zip(confidence.tolist(), correct, strict=True)
    ]
    expected = 0.0
    for low, high in zip(np.linspace(0, 1, 16)[:-1], np.linspace(0, 1, 16)[1:], strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    assert metrics.compute(seen)["ece"] == pytest.approx(100 * expected)


@pytest.mark.parametrize("seed", range(3))
def test_segmentation_is_torchvisions_reference(seed):
    """references/segmentation/utils.py: ConfusionMatrix, with 255 for pixels that do not count."""
    generator = torch.Generator().manual_seed(seed)
    number = 6
    metrics = metrics_of("semantic-segmentation", [str(one) for one in range(number)])
    matrix = torch.zeros((number, number), dtype=torch.int64)
    seen = []
    for _ in range(5):
        truth = torch.randint(0, number + 1, (40, 30), generator=generator)
        truth[truth == number] = 255
        mask = torch.randint(0, number, (40, 30), generator=generator)
        kept = (truth >= 0) & (truth < number)
        inds = number * truth[kept] + mask[kept]
        matrix += torch.bincount(inds, minlength=number**2).reshape(number, number)
        sample = Sample("one", SOURCE, lambda truth=truth: truth.numpy())
        seen.append(metrics.observe(sample, SemanticMask(SOURCE, (30, 40), mask, ())))
    h = matrix.float()
    iou = torch.diag(h) / (h.sum(1) + h.sum(0) - torch.diag(h))
    assert metrics.compute(seen) == {
        "miou": iou.mean().item() * 100,
        "pixel_acc": (torch.diag(h).sum() / h.sum()).item() * 100,
    }


def test_flow_is_torchvisions_reference():
    """references/optical_flow: compute_metrics(), and the sums of MetricLogger."""
    generator = torch.Generator().manual_seed(0)
    metrics = metrics_of("optical-flow", ())
    pair = PairInput("one", SOURCE, SOURCE)
    seen, totals, pixels, images = [], {}, 0, 0
    for number in range(6):
        size = (2, 20 + number, 30)
        truth = 10 * torch.randn(size, generator=generator)
        flow = truth + 3 * torch.randn(size, generator=generator)
        valid = torch.rand(size[1:], generator=generator) > 0.3
        sample = Sample("one", SOURCE, lambda t=truth, v=valid: (t.numpy(), v.numpy()))
        seen.append(metrics.observe(sample, Flow(pair, (30, 20), flow, 0, 0, 0)))
        epe = ((flow - truth)[None] ** 2).sum(dim=1).sqrt()[valid[None]]
        relative = epe / (truth[None] ** 2).sum(dim=1).sqrt()[valid[None]]
        values = {
            "epe": epe.mean().item(),
            **{f"{one}px": 100 * (epe < one).float().mean().item() for one in (1, 3, 5)},
            "fl_all": ((epe > 3) & (relative > 0.05)).float().mean().item() * 100,
        }
        for name, value in values.items():
            totals[name] = totals.get(name, 0.0) + value * epe.numel()
        totals["per_image_epe"] = totals.get("per_image_epe", 0.0) + values["epe"]
        pixels, images = pixels + epe.numel(), images + 1
    expected = {name: total / pixels for name, total in totals.items()}
    expected["per_image_epe"] = totals["per_image_epe"] / images
    assert metrics.compute(seen) == expected


def test_intervals_are_seeded_and_hold_the_value():
    metrics = metrics_of("image-classification", list("abcdef"))
    seen = [metrics.observe(*classified(0, [int(one > 70)])) for one in range(100)]
    resampled = metrics.resampled(seen)
    first = intervals(resampled, 100, 300, 0)
    assert first == intervals(resampled, 100, 300, 0)
    assert first != intervals(resampled, 100, 300, 1)
    low, high = first["acc@1"]
    # The standard error of a share of 71 % in a hundred is 4.5 %.
    assert low == pytest.approx(71 - 1.96 * 4.54, abs=2)
    assert high == pytest.approx(71 + 1.96 * 4.54, abs=2)
