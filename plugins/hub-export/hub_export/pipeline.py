"""What is exported: preprocessing, model and result as one module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .errors import ExportError, first_line
from .ports import Port
from .preprocessing import preprocessing_of

__all__ = ["BATCH", "Pipeline", "bare_pipeline", "example_image", "image_port", "named_outputs"]

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


def image_port(name: str = "image", batch: int | str = "batch") -> Port:
    """The input of images."""
    many = "an image" if batch == 1 else "images of equal size"
    return Port(name, "uint8", (batch, "height", "width", 3), f"{many}, RGB, 0 to 255")


def example_image(batch: int = BATCH, size: tuple[int, int] = TRACED_SIZE) -> Tensor:
    """A seeded image, uint8 (batch, height, width, 3)."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (batch, *size, 3), dtype=torch.uint8, generator=generator)


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


def bare_pipeline(
    model: nn.Module, weights: Any, *, one_size: bool = False, one_image: bool = False
) -> Pipeline:
    """A model for images without preprocessing and result.

    Args:
        model: the model, with its weights, in evaluation mode.
        weights: the weights whose preprocessing its inputs have.
        one_size: take only images of the size that the preprocessing crops to. Where it does not
            crop, images of any size are taken all the same.
        one_image: take one image of the example's size, instead of several.

    Raises:
        ExportError: the preprocessing is unknown, or the model does not return tensors.
    """
    prepare = preprocessing_of(weights)
    example = prepare(example_image(1 if one_image else BATCH))
    try:
        with torch.no_grad():
            output = model(example)
    except Exception as error:
        raise ExportError(
            f"The model cannot be run on {tuple(example.shape)}, what the preprocessing of "
            f"{weights} gives: {first_line(error)}."
        ) from error
    returned = named_outputs(output)
    shape: tuple[int | str, ...] = ("batch", 3, "height", "width")
    if one_size and prepare.crop_size is not None:
        shape = ("batch", *example.shape[1:])
    if one_image:
        shape = tuple(example.shape)
    inputs = (Port("input", "float32", shape, "preprocessed as 'preprocessing' says"),)
    outputs = tuple(
        Port(name, str(value.dtype).removeprefix("torch."), tuple(value.shape), "of the bare model")
        for name, value in returned.items()
    )
    return Pipeline(_Raw(model), inputs, (example,), outputs)
