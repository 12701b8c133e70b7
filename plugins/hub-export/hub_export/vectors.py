"""A model as it is exported for embeddings: from preprocessed images to one vector each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hubcore.embedding.shapes import places
from hubcore.embedding.taken import Taken

from .pipeline import Pipeline, bare_pipeline, example_image
from .preprocessing import preprocessing_of

__all__ = ["vector_of", "vector_pipeline"]


class _VectorModel(nn.Module):
    """The model, which returns what is taken of it. What only its own output needs is not exported.

    Args:
        model: the model.
        taken: what is taken of it.
        example: preprocessed images, float32 (N, 3, H, W).
    """

    def __init__(self, model: nn.Module, taken: Taken, example: Tensor) -> None:
        super().__init__()
        self.model, self._taken = model, taken
        # Told from the example: in a traced model sizes are symbols, which cannot be compared.
        self._axes: list[tuple[int, ...] | None] = []
        rows, image = len(example), tuple(example.shape[-2:])

        def noted(found: Tensor) -> tuple[int, ...] | None:
            self._axes.append(places(found.shape, rows, image))
            return self._axes[-1]

        with torch.no_grad(), taken.watching() as seen:
            model(example)
        taken.vectors(seen, noted)

    def forward(self, input: Tensor) -> dict[str, Tensor]:
        axes = iter(self._axes)
        with self._taken.watching() as seen:
            self.model(input)
        return {"vector": self._taken.vectors(seen, lambda _: next(axes))}


def vector_pipeline(
    model: nn.Module, weights: Any, taken: Taken, *, one_size: bool = False
) -> Pipeline:
    """A model for images that gives vectors, without preprocessing.

    Args:
        model: the model, with its weights, in evaluation mode.
        weights: the weights whose preprocessing its inputs have.
        taken: what is taken of it.
        one_size: as for `bare_pipeline`.

    Raises:
        ExportError: the preprocessing is unknown.
        EmbeddingError: what is taken is no vector for each image.
    """
    example = preprocessing_of(weights)(example_image())
    return bare_pipeline(_VectorModel(model, taken, example), weights, one_size=one_size)


def vector_of(model: nn.Module, taken: Taken, image: Tensor) -> Tensor:
    """The vector that `hubcore.embed` gives of a preprocessed image, (1, 3, H, W)."""
    with torch.inference_mode(), taken.watching() as seen:
        model(image)
    size = tuple(image.shape[-2:])
    return taken.vectors(seen, lambda found: places(found.shape, 1, size))
