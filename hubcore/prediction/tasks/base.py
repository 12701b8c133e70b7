"""The base classes of tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...protocols import WeightsLike
from ..bands import channels_of, open_bands
from ..errors import InputError
from ..inputs import ImageInput, Input
from ..pixels import Array
from ..results import Result
from .containers import image_in

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ImageTask", "Model", "Options", "RunArrays", "Sample", "Task"]

LARGEST_RATIO = 50
"""Of an image's sides. Panoramas have up to 20; beyond, a resized image may not fit in memory."""

Model = Callable[..., Any]
RunArrays = Callable[[Sequence[Array]], Mapping[str, Array]]
"""Runs an exported file: arrays in the order of its inputs, to arrays by the name of the output."""
In = TypeVar("In", bound=Input)


@dataclass(frozen=True)
class Sample:
    """An input that is decoded and preprocessed.

    Attributes:
        tensors: the tensors that the model takes, or the arrays that an exported file takes,
            without a batch dimension.
        size: (width, height) of the input, in pixels.
    """

    tensors: tuple[Any, ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Options:
    """Options that the user may set.

    Attributes:
        top: the number of classes in a classification.
        score: the lowest score of the detections to return, in [0, 1].
        rate: the frame rate, in frames per second, of videos that don't state theirs.
    """

    top: int = 5
    score: float = 0.5
    rate: float | None = None


class Task(ABC, Generic[In]):
    """How a model predicts: from an input to a result.

    Args:
        weights: the weights whose preprocessing and categories to use.
        options: the user's options.

    Attributes:
        weights: the weights.
        categories: the names of their classes; empty if they have none.
        options: the user's options.
    """

    batch_size = 1
    """The default number of inputs per batch; a quarter of it on the CPU. Inputs whose tensors have
    different shapes never share a batch."""

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        self.weights = weights
        self.categories: Sequence[str] = weights.meta.get("categories") or ()
        self.options = options

    @cached_property
    def preprocess(self) -> Callable[..., Any]:
        """The preprocessing of the weights. Engines that run exported files need none of it."""
        made: Callable[..., Any] = self.weights.transforms()
        return made

    @abstractmethod
    def load(self, item: In) -> Sample:
        """Decodes and preprocesses an input. Called in worker threads.

        Raises:
            InputError: the input cannot be used.
        """

    def run(self, model: Model, samples: Sequence[Sample]) -> Any:
        """The output of the model for a batch of samples whose tensors have equal shapes."""
        import torch

        parts = zip(*(sample.tensors for sample in samples), strict=True)
        return model(*(torch.stack(part) for part in parts))

    @abstractmethod
    def results(
        self, output: Any, items: Sequence[In], samples: Sequence[Sample]
    ) -> Sequence[Result]:
        """Turns the output of the model into results, one per input.

        Args:
            output: the output of `run`.
            items: the inputs of the batch.
            samples: the inputs as `load` returned them, their tensors still on the CPU.
        """

    # What a task needs to be run from exported files, by engines without torch (docs/engines.md).

    def decode(self, item: In) -> Sample:
        """Decodes an input to the arrays that an exported file takes. Called in worker threads.

        Returns:
            uint8 arrays in the order of the file's inputs, without a batch dimension.

        Raises:
            InputError: the input cannot be used.
        """
        raise NotImplementedError

    def run_arrays(self, run: RunArrays, samples: Sequence[Sample]) -> Mapping[str, Array]:
        """The outputs of an exported file for a batch of samples of equal shapes."""
        import numpy as np

        parts = zip(*(sample.tensors for sample in samples), strict=True)
        return run([np.stack(part) for part in parts])

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[In], samples: Sequence[Sample]
    ) -> Sequence[Result]:
        """Turns the outputs of an exported file into results, one per input.

        Args:
            found: arrays by the names that `docs/export.md` gives them.
            items: the inputs of the batch.
            samples: the inputs as `decode` returned them.
        """
        raise NotImplementedError

    def label(self, category: int) -> str:
        """The name of a category, or "class" and its number if the weights don't name it."""
        if 0 <= category < len(self.categories):
            return self.categories[category]
        return f"class {category}"


class ImageTask(Task[ImageInput]):
    """A task that takes single images."""

    def load(self, item: ImageInput) -> Sample:
        if channels_of(self.weights.meta) != 3:
            bands, size = open_bands(item, self.weights.meta)
            return Sample((image_in(self.preprocess(bands)),), size)
        image = self.opened(item)
        return Sample((image_in(self.preprocess(image)),), image.size)

    def decode(self, item: ImageInput) -> Sample:
        import numpy as np

        image = self.opened(item)
        return Sample((np.asarray(image),), image.size)

    def opened(self, item: ImageInput) -> Image:
        """The image, upright, in RGB.

        Raises:
            InputError: it cannot be read, or is too long to be resized.
        """
        image = item.open()
        if max(image.size) > LARGEST_RATIO * min(image.size):
            raise InputError(
                item.name,
                f"is {image.width} x {image.height} pixels: its longer side may be at most "
                f"{LARGEST_RATIO} times the shorter one, which preprocessing enlarges",
            )
        return image
