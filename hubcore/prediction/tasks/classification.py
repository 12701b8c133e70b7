"""Image classification, with float and quantized models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..inputs import ImageInput
from ..pixels import Array
from ..results import ClassificationResult
from ..values import Classification
from .base import ImageTask, Sample, Task
from .containers import logits_in

__all__ = ["ImageClassification", "likeliest"]


class ImageClassification(ImageTask):
    """For models that return logits (B, classes), or an object or a dict with them as ``logits``.

    Their softmax gives the probabilities.
    """

    batch_size = 16

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        probabilities = logits_in(output).float().softmax(dim=-1).cpu().numpy()
        return self.from_arrays({"probabilities": probabilities}, items, samples)

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        return [
            ClassificationResult(item, sample.size, likeliest(self, row))
            for item, sample, row in zip(items, samples, found["probabilities"], strict=True)
        ]


def likeliest(task: Task[Any], probabilities: Array) -> tuple[Classification, ...]:
    """The most likely classes, the most likely first.

    Args:
        task: provides the categories and the number of classes to return.
        probabilities: float, (classes,), in [0, 1].
    """
    order = (-probabilities).argsort(kind="stable")[: task.options.top]
    return tuple(
        Classification(task.label(category), category, probability)
        for category, probability in zip(order.tolist(), probabilities[order].tolist(), strict=True)
    )
