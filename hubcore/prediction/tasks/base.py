"""What all tasks share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from ...protocols import WeightsLike
from ..inputs import ImageInput, Input
from ..results import Result

__all__ = ["ImageTask", "Model", "Options", "Sample", "Task"]

Model = Callable[..., Any]
In = TypeVar("In", bound=Input)


@dataclass(frozen=True)
class Sample:
    """An input that is ready for the model.

    Attributes:
        tensors: what the model takes, without a batch dimension.
        size: (width, height) of the input, in pixels.
    """

    tensors: tuple[Tensor, ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Options:
    """What a user may choose.

    Attributes:
        top: classes to give of a classification.
        score: the least score of a detection.
        rate: frames a second of videos that don't tell, such as folders.
    """

    top: int = 5
    score: float = 0.5
    rate: float | None = None


class Task(ABC, Generic[In]):
    """Serves a task.

    Args:
        weights: give the preprocessing and the categories.
        options: what the user chose.
    """

    batch_size = 1
    """How many inputs share a batch unless the user says otherwise."""

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        self.preprocess = weights.transforms()
        self.categories: Sequence[str] = weights.meta.get("categories") or ()
        self.options = options

    @abstractmethod
    def load(self, item: In) -> Sample:
        """Decodes and preprocesses an input. Called in threads."""

    def run(self, model: Model, samples: Sequence[Sample]) -> Any:
        """The model's output for samples whose tensors have equal shapes."""
        parts = zip(*(sample.tensors for sample in samples), strict=True)
        return model(*(torch.stack(part) for part in parts))

    @abstractmethod
    def results(
        self, output: Any, items: Sequence[In], samples: Sequence[Sample]
    ) -> Sequence[Result]:
        """What the output means, for each item."""

    def label(self, category: int) -> str:
        """A category's name; weights that list none give numbers."""
        if 0 <= category < len(self.categories):
            return self.categories[category]
        return f"class {category}"


class ImageTask(Task[ImageInput]):
    """Tasks that take one image."""

    def load(self, item: ImageInput) -> Sample:
        image = item.open()
        return Sample((self.preprocess(image),), image.size)
