"""optimum-onnx as a rival: transformers' own ResNet-50 or MobileNetV2 in its pipeline.

It needs older transformers than our tests do, and so a Python of its own, which the variable
``OPTIMUM_PYTHON`` names: one with optimum-onnx[onnxruntime], torch and torchvision.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Optimum", "optimum"]

_CODE = """
import json, os, sys, time, tempfile
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import torch, transformers
from optimum.onnxruntime import ORTModelForImageClassification
torch.manual_seed(0)
kind, config, prepared = {
    "resnet50": ("ResNet", {}, transformers.ConvNextImageProcessor(
        size={"shortest_edge": 224}, crop_pct=224 / 232, resample=2)),
    "mobilenet_v2": ("MobileNetV2", {"image_size": 224}, transformers.MobileNetV2ImageProcessor()),
}[sys.argv[1]]
model = getattr(transformers, kind + "ForImageClassification")(
    getattr(transformers, kind + "Config")(num_labels=1000, **config))
with tempfile.TemporaryDirectory() as folder:
    model.save_pretrained(folder)
    prepared.save_pretrained(folder)
    classify = transformers.pipeline(
        "image-classification",
        model=ORTModelForImageClassification.from_pretrained(folder, export=True),
        image_processor=transformers.AutoImageProcessor.from_pretrained(folder, use_fast=False))
print("ready", file=answers, flush=True)
for line in sys.stdin:
    cpu = time.process_time()
    found = classify(json.loads(line), top_k=1)
    labels = [int(one["label"].rpartition("_")[2]) for [one] in found]
    print(json.dumps([labels, time.process_time() - cpu]), file=answers, flush=True)
"""


class Optimum:
    """The pipeline in its process: photos to the number of the likeliest class of each.

    Attributes:
        cpu: the seconds that its processors have worked so far.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.cpu = 0.0
        self._answer()

    def __call__(self, photos: list[Path]) -> list[int]:
        assert self._process.stdin  # it is piped
        print(json.dumps([str(photo) for photo in photos]), file=self._process.stdin, flush=True)
        labels, cpu = json.loads(self._answer())
        self.cpu += cpu
        return [int(label) for label in labels]

    def _answer(self) -> str:
        assert self._process.stdout  # it is piped
        if line := self._process.stdout.readline():
            return line
        raise RuntimeError("optimum's process ended; what it printed stands above.")


@contextmanager
def optimum(name: str) -> Iterator[Optimum | None]:
    """Starts it for a model with seeded weights; None if the variable names no Python."""
    python = os.environ.get("OPTIMUM_PYTHON")
    if not python:
        yield None
        return
    with subprocess.Popen(
        [python, "-c", _CODE, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    ) as process:
        yield Optimum(process)  # it ends with its input, which is closed here
