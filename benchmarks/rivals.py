"""Ways of naming what is on photos, with torch and without: as scripts and as loops."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torchvision
from PIL import Image

from hubcore.prediction import Predictor

__all__ = [
    "ENGINES",
    "PEAK",
    "Loop",
    "Model",
    "command",
    "plain_export",
    "plain_loop",
    "predict_loop",
    "scripts",
    "torch_loop",
]

ENGINES = ("onnxruntime", "openvino")
Loop = Callable[[list[Path]], list[int]]
"""From photos to the number of the likeliest class of each."""


class Model(NamedTuple):
    """A model to measure: torchvision's name and member, the hub's names, the plain ONNX file."""

    name: str
    member: Any
    hub_name: str
    hub_weights: str
    plain: Path


# What stands around the file that torch.onnx.export writes, as one writes it oneself.
_PREPARED = """
import numpy as np
from PIL import Image
import onnxruntime
def prepared(path, resize):
    image = Image.open(path).convert("RGB")
    scale = resize / min(image.size)
    image = image.resize([int(side * scale) for side in image.size], Image.Resampling.BILINEAR)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), dtype=np.float32)
    normal = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return normal.transpose(2, 0, 1)[None].astype(np.float32)
"""
_PLAIN = (
    _PREPARED
    + """
session = onnxruntime.InferenceSession({plain!r})
for path in {photos!r}:
    [scores] = session.run(None, {{"input": prepared(path, {resize})}})
    print(scores[0].argsort()[::-1][:5])
"""
)
_TIMM = """
from PIL import Image
import timm, torch
model = timm.create_model({timm!r}, pretrained=False).eval()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
with torch.inference_mode():
    for path in {photos!r}:
        image = Image.open(path).convert("RGB")
        print(model(transform(image)[None])[0].softmax(0).topk(5))
"""
_LOOP = """
from PIL import Image
import torch, torchvision
weights = torchvision.models.get_weight({member!r})
model = torchvision.models.get_model({name!r}, weights=weights).eval()
transform = weights.transforms()
with torch.inference_mode():
    for path in {photos!r}:
        image = transform(Image.open(path).convert("RGB"))[None]
        print(model(image)[0].softmax(0).topk(5))
"""
_HUB = """
import hubcore
hubcore.predict({hub_name!r}, {photos!r}, weights={hub_weights!r}, engine={engine!r})
"""
PEAK = """
print(int(next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1]) / 1024)
"""
_TIMM_NAMES = {"mobilenet_v2": "mobilenetv2_100", "resnet50": "resnet50"}


def scripts(model: Model, photos: list[Path], *, engines: bool) -> dict[str, str]:
    """Python code for processes of their own.

    Args:
        model: the model.
        photos: the photos.
        engines: whether also through `hubcore.predict`, with torch and with each engine.
    """
    values = {
        **model._asdict(),
        "member": str(model.member),
        "plain": str(model.plain),
        "photos": [str(photo) for photo in photos],
        "timm": _TIMM_NAMES[model.name],
        "resize": model.member.transforms().resize_size[0],
    }
    found = {
        "torchvision": _LOOP,
        "timm": _TIMM,
        "torch.onnx.export, hand-written preprocessing": _PLAIN,
    }
    made = {name: code.format(**values) for name, code in found.items()}
    if engines:
        for engine in ("torch", *ENGINES):
            made[f"hubcore, {engine}"] = _HUB.format(**values, engine=engine)
    return made


def plain_export(name: str, member: Any, path: Path) -> None:
    """What torch's exporter gives by itself: the bare model, for images of 224 x 224 pixels."""
    torch.onnx.export(
        torchvision.models.get_model(name, weights=member).eval(),
        (torch.zeros(1, 3, 224, 224),),
        path,
        input_names=["input"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def torch_loop(model: Model) -> Loop:
    """The usual loop: a photo is opened, transformed and predicted after the other."""
    module = torchvision.models.get_model(model.name, weights=model.member).eval()
    transform = model.member.transforms()

    def loop(photos: list[Path]) -> list[int]:
        with torch.inference_mode():
            return [
                int(module(transform(Image.open(photo).convert("RGB"))[None])[0].argmax())
                for photo in photos
            ]

    return loop


def plain_loop(model: Model) -> Loop:
    import onnxruntime

    scope: dict[str, Any] = {}
    exec(_PREPARED, scope)  # the same lines as in the processes
    session = onnxruntime.InferenceSession(str(model.plain))
    resize = model.member.transforms().resize_size[0]

    def loop(photos: list[Path]) -> list[int]:
        return [
            int(session.run(None, {"input": scope["prepared"](photo, resize)})[0].argmax())
            for photo in photos
        ]

    return loop


def predict_loop(model: str | Path, **options: Any) -> Loop:
    predictor = Predictor(model, top=1, **options)
    return lambda photos: [result.classes[0].category_id for result in predictor(photos)]


def command(*arguments: Any) -> list[str]:
    """A call of `hub`."""
    return [sys.executable, "-m", "hubcore", *map(str, arguments)]
