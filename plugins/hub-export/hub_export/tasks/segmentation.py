"""Semantic segmentation."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..agreement import IOU, Arrays, Measure
from ..heads import Segments
from ..pipeline import Pipeline, example_image, image_port
from ..ports import Port
from ..preprocessing import preprocessing_of
from .classification import example

__all__ = ["example", "measures", "outputs", "pipeline"]


class _Segmenter(nn.Module):
    def __init__(self, preprocessing: nn.Module, model: nn.Module) -> None:
        super().__init__()
        self.preprocessing, self.model, self.head = preprocessing, model, Segments()

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        output = self.model(self.preprocessing(image))
        found: dict[str, Tensor] = self.head(output, image.shape[1], image.shape[2])
        return found


def pipeline(model: nn.Module, weights: Any, top: int) -> Pipeline:
    outputs = (
        Port("mask", "int64", ("batch", "height", "width"), "each pixel's index in the categories"),
    )
    module = _Segmenter(preprocessing_of(weights), model)
    return Pipeline(module, (image_port(),), (example_image(),), outputs)


def outputs(result: Any) -> Arrays:
    return {"mask": result.mask.numpy()[None]}


def measures(expected: Arrays, found: Arrays) -> list[Measure]:
    ours, theirs = expected["mask"], found["mask"]
    if ours.shape != theirs.shape:
        return [Measure("mask: IoU", float("nan"), IOU, at_least=True)]
    equal = int((ours == theirs).sum())  # summed over the classes, so that all pixels count alike
    return [Measure("mask: IoU", equal / (2 * ours.size - equal), IOU, at_least=True)]
