"""Optical flow between two images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hubcore.prediction.tasks.flow import MULTIPLE

from ..agreement import Arrays, Measure, difference
from ..errors import ExportError
from ..pipeline import Pipeline, example_image, image_port
from ..ports import Port
from ..preprocessing import is_preset

__all__ = ["example", "measures", "outputs", "pipeline"]

DISTANCE = 1e-3
"""Pixels."""
SHIFT = (3, 5)  # pixels from the first image to the second, down and right


class _Flow(nn.Module):
    def __init__(self, model: nn.Module, least: Sequence[int]) -> None:
        super().__init__()
        self.model, self.least = model, tuple(least)

    def forward(self, first: Tensor, second: Tensor) -> dict[str, Tensor]:
        (rows, back_down), (columns, back_right) = (
            _places(side, least) for side, least in zip(first.shape[1:3], self.least, strict=True)
        )
        prepared = (
            image[:, rows][:, :, columns].permute(0, 3, 1, 2).float() / 255
            for image in (first, second)
        )
        found = self.model(*((image - 0.5) / 0.5 for image in prepared))
        last: Tensor = found[-1] if isinstance(found, list | tuple) else found
        return {"flow": last[:, :, back_down][:, :, :, back_right].float()}


def _places(size: Any, least: int) -> tuple[Tensor, Tensor]:
    """Which of the image's rows (or columns) the padded image has, and where the image's are in it.

    Indices rather than padding and slices, which are traced as if there always were some.
    """
    padded = (torch.sym_max(size, least) + MULTIPLE - 1) // MULTIPLE * MULTIPLE
    before = (padded - size) // 2
    there = (torch.arange(padded) - before).clamp(min=0, max=size - 1)
    return there, torch.arange(size) + before


def pipeline(model: nn.Module, weights: Any, top: int) -> Pipeline:
    if not is_preset(weights, "OpticalFlow"):
        raise ExportError(
            f"The preprocessing of {weights} is not hubcore.transforms.OpticalFlow, which is the "
            f"only one for optical flow that can be put into an exported file."
        )
    least = weights.meta.get("min_size") or (1, 1)
    doc = "(x, y): how far each pixel of the first image moves, in pixels"
    outputs = (Port("flow", "float32", (1, 2, "height", "width"), doc),)
    inputs = (image_port("first", batch=1), image_port("second", batch=1))
    images = example_image(1), example_image(1).flip(2)
    return Pipeline(_Flow(model, least), inputs, images, outputs)


def example(image: Image.Image, inputs: Sequence[Port]) -> tuple[Any, Mapping[str, Any]]:
    """The picture and the same, moved."""
    pixels = np.asarray(image)
    moved = np.roll(pixels, SHIFT, axis=(0, 1))
    return [(image, Image.fromarray(moved))], {"first": pixels[None], "second": moved[None]}


def outputs(result: Any) -> Arrays:
    return {"flow": np.asarray(result.flow)[None]}


def measures(expected: Arrays, found: Arrays) -> list[Measure]:
    apart = difference(expected["flow"], found["flow"])
    return [Measure("flow: largest difference in pixels", apart, DISTANCE)]
