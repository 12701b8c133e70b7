"""What is exported: preprocessing, model and result as one module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .errors import ExportError
from .heads import Classes, Segments
from .ports import Port
from .preprocessing import preprocessing_of

__all__ = ["Pipeline", "make_pipeline", "named_outputs"]

BATCH = 2  # of the images that a model is traced with; 0 and 1 would be taken for constants
TRACED_SIZE = (260, 340)


@dataclass(frozen=True)
class Pipeline:
    """A module to export, with what tracing it needs.

    Attributes:
        module: takes the inputs, and returns a dict of tensors by name.
        inputs: the module's arguments.
        examples: arguments to trace it with.
        outputs: what it returns.
    """

    module: nn.Module
    inputs: tuple[Port, ...]
    examples: tuple[Tensor, ...]
    outputs: tuple[Port, ...]


def make_pipeline(task: str, model: nn.Module, weights: Any, *, top: int, raw: bool) -> Pipeline:
    """Joins what the task needs.

    Args:
        task: the model's task.
        model: the model, with its weights, in evaluation mode.
        weights: the weights whose preprocessing to use.
        top: the number of classes that a classification gives.
        raw: the bare model, without preprocessing and result.

    Raises:
        ExportError: the task or the preprocessing cannot be exported.
    """
    if task not in _TASKS:
        raise ExportError(
            f"Models for the task '{task}' cannot be exported: only those for {', '.join(_TASKS)}."
        )
    if raw:
        return _raw(task, model, weights)
    return _TASKS[task](model, preprocessing_of(weights), weights, top)


class _Classifier(nn.Module):
    def __init__(self, preprocessing: nn.Module, model: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.preprocessing, self.model, self.head = preprocessing, model, head

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.head(self.model(self.preprocessing(image)))
        return found


class _Segmenter(nn.Module):
    def __init__(self, preprocessing: nn.Module, model: nn.Module) -> None:
        super().__init__()
        self.preprocessing, self.model, self.head = preprocessing, model, Segments()

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        output = self.model(self.preprocessing(image))
        found: dict[str, Tensor] = self.head(output, image.shape[1], image.shape[2])
        return found


class _Raw(nn.Module):
    """The bare model, whose output becomes a dict."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input: Tensor) -> dict[str, Tensor]:
        return named_outputs(self.model(input))


def named_outputs(output: Any) -> dict[str, Tensor]:
    """The tensors that a model returned, by name.

    Raises:
        ExportError: they have no plain structure.
    """
    if isinstance(output, Tensor):
        return {"output": output}
    if isinstance(output, Mapping):
        named = dict(output)
    elif isinstance(output, Sequence):
        named = {f"output_{number}": value for number, value in enumerate(output)}
    else:
        named = {}
    if not named or not all(isinstance(value, Tensor) for value in named.values()):
        raise ExportError(
            f"The model returns {type(output).__name__}, which is no tensor, dict or list of "
            f"tensors: it cannot be exported with --raw."
        )
    return named


def _image(batch: str = "batch") -> Port:
    return Port(
        "image", "uint8", (batch, "height", "width", 3), "images of equal size, RGB, 0 to 255"
    )


def example_image(batch: int = BATCH, size: tuple[int, int] = TRACED_SIZE) -> Tensor:
    """A seeded image, uint8 (batch, height, width, 3)."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (batch, *size, 3), dtype=torch.uint8, generator=generator)


def _classification(model: nn.Module, preprocessing: nn.Module, weights: Any, top: int) -> Pipeline:
    module = _Classifier(preprocessing, model, Classes(top))
    outputs = (
        Port("probabilities", "float32", ("batch", "classes"), "of all classes; their sum is 1"),
        Port("scores", "float32", ("batch", "top"), "of the likeliest classes, highest first"),
        Port("labels", "int64", ("batch", "top"), "their indices in the categories"),
    )
    return Pipeline(module, (_image(),), (example_image(),), outputs)


def _segmentation(model: nn.Module, preprocessing: nn.Module, weights: Any, top: int) -> Pipeline:
    outputs = (
        Port("mask", "int64", ("batch", "height", "width"), "each pixel's index in the categories"),
    )
    module = _Segmenter(preprocessing, model)
    return Pipeline(module, (_image(),), (example_image(),), outputs)


def _raw(task: str, model: nn.Module, weights: Any) -> Pipeline:
    example = preprocessing_of(weights)(example_image())
    with torch.no_grad():
        returned = named_outputs(model(example))
    names = ("batch", 3, "height", "width")
    inputs = (Port("input", "float32", names, "preprocessed as 'preprocessing' says"),)
    outputs = tuple(
        Port(name, str(value.dtype).removeprefix("torch."), tuple(value.shape), "of the bare model")
        for name, value in returned.items()
    )
    return Pipeline(_Raw(model), inputs, (example,), outputs)


_TASKS = {
    "image-classification": _classification,
    "semantic-segmentation": _segmentation,
}
