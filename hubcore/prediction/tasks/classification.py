"""Image classification, with float and quantized models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..inputs import ImageInput
from ..results import ClassificationResult
from ..values import Classification
from .base import ImageTask, Sample, Task

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ImageClassification", "likeliest"]


class ImageClassification(ImageTask):
    """For models that return logits (B, classes). Their softmax gives the probabilities."""

    batch_size = 16

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        probabilities = output.float().softmax(dim=-1).cpu()
        return [
            ClassificationResult(item, sample.size, likeliest(self, row))
            for item, sample, row in zip(items, samples, probabilities, strict=True)
        ]


def likeliest(task: Task[Any], probabilities: Tensor) -> tuple[Classification, ...]:
    """The most likely classes, the most likely first.

    Args:
        task: provides the categories and the number of classes to return.
        probabilities: float, (classes,), in [0, 1].
    """
    top = probabilities.topk(min(task.options.top, len(probabilities)))
    return tuple(
        Classification(task.label(category), category, probability)
        for category, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    )
