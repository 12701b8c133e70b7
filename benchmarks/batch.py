"""Batch prediction: 200 photos, and what each of the speed switches gives and changes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from importlib.metadata import files
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
import torchvision
from PIL import Image

import hubcore
from hubcore.prediction import Predictor

from .measure import Options, median, turns
from .results import Table
from .seeded import SeededHub, seeded_hub

__all__ = ["run"]

MODELS = ("mobilenet_v2", "resnet50")
PHOTOS = 200
SWITCHES: dict[str, dict[str, Any]] = {
    "optimize": {"optimize": True},
    "bfloat16": {"dtype": "bfloat16"},
    "optimize, bfloat16": {"optimize": True, "dtype": "bfloat16"},
    "compile": {"compile": True},
}


def run(options: Options) -> list[Table]:
    pipeline, switches = [], []
    with seeded_hub() as hub:
        photos = _photos(hub)
        for name in options.models or MODELS:
            member = hub.add(name)
            pipeline.append(_pipeline(name, member, photos, options))
            switches += _switches(name, photos, options)
            hub.remove(member)
    return [
        Table(
            f"{PHOTOS} photos through a model",
            [
                "model",
                "the usual loop, photos a second",
                "hubcore.predict, photos a second",
                "times the loop's speed",
                "largest difference of scores, relative",
            ],
            pipeline,
            [
                f"Medians of {options.repeats} turns, model loaded before. The usual loop opens, "
                "transforms and predicts one photo at a time. The photos are JPEG files of "
                "512 x 512 (one of 1024 x 683) pixels, ten copies of twenty."
            ],
        ),
        Table(
            "The speed switches, off by default: the model alone, batches of 16",
            [
                "model",
                "switch",
                "plain, images a second",
                "switched, images a second",
                "times",
                "largest difference of outputs",
            ],
            switches,
            [
                "Outputs are the scores before the softmax. Compilation is done before the clock "
                "starts."
            ],
        ),
    ]


def _photos(hub: SeededHub) -> list[Path]:
    found = sorted(f for f in files("foolbox") or () if f.name.startswith("imagenet_"))
    folder = hub.folder / "photos"
    folder.mkdir()
    photos = []
    for number, photo in zip(range(PHOTOS), cycle(found), strict=False):
        photos.append(folder / f"{number:03}.jpg")
        shutil.copy(str(photo.locate()), photos[-1])
    return photos


def _pipeline(name: str, member: Any, photos: list[Path], options: Options) -> list[Any]:
    model = torchvision.models.get_model(name, weights=member).eval()
    transform = member.transforms()
    predictor = Predictor(f"seeded/{name}", top=5)
    answers: dict[str, list[list[float]]] = {}

    def loop() -> float:
        start = time.perf_counter()
        found = []
        with torch.inference_mode():
            for photo in photos:
                image = transform(Image.open(photo).convert("RGB"))
                found.append(model(image[None])[0].softmax(0).topk(5).values.tolist())
        answers["loop"] = found
        return PHOTOS / (time.perf_counter() - start)

    def predict() -> float:
        start = time.perf_counter()
        results = predictor(photos)
        taken = time.perf_counter() - start
        answers["hubcore"] = [[c.probability for c in result.classes] for result in results]
        return PHOTOS / taken

    figures = turns({"loop": loop, "hubcore": predict}, options.repeats)
    ours, theirs = median(figures["hubcore"]), median(figures["loop"])
    expected, found = torch.tensor(answers["loop"]), torch.tensor(answers["hubcore"])
    difference = ((expected - found).abs() / expected).max()
    return [name, theirs, ours, ours / theirs, float(difference)]


def _switches(name: str, photos: list[Path], options: Options) -> list[list[Any]]:
    weights = hubcore.get_model_weights(f"seeded/{name}").DEFAULT
    transform = weights.transforms()
    batch = torch.stack([transform(Image.open(p).convert("RGB")) for p in photos[:16]])
    plain = _called(Predictor(f"seeded/{name}"), batch)
    rows = []
    for switch, settings in SWITCHES.items():
        try:
            switched = _called(Predictor(f"seeded/{name}", **settings), batch)
            switched()
        except Exception as error:  # torch.compile needs a C++ compiler
            rows.append([name, switch, None, None, type(error).__name__, None])
            continue
        figures = turns({"plain": _rate(plain), "switched": _rate(switched)}, options.repeats)
        rates = median(figures["plain"]), median(figures["switched"])
        difference = (plain() - switched().float()).abs().max()
        rows.append([name, switch, *rates, rates[1] / rates[0], float(difference)])
    return rows


def _called(predictor: Predictor, batch: torch.Tensor) -> Callable[[], torch.Tensor]:
    def call() -> torch.Tensor:
        with torch.inference_mode():
            output: torch.Tensor = predictor._model(batch)
        return output

    return call


def _rate(call: Callable[[], torch.Tensor]) -> Callable[[], float]:
    def rival() -> float:
        start = time.perf_counter()
        for _ in range(3):
            call()
        return 3 * 16 / (time.perf_counter() - start)

    return rival
