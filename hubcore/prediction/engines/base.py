"""`Engine`: what runs a model for a `Predictor`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...protocols import WeightsLike
from ..errors import PredictionError
from ..inputs import Input
from ..pipeline import SAME_THREADS, Threads
from ..results import Result
from ..tasks.base import Options, Sample, Task

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Engine", "Request", "Vectors"]


@dataclass(frozen=True)
class Vectors:
    """What is wanted in place of predictions: a vector of each input, see `hubcore.embed`.

    Attributes:
        layer: the module whose output to take; None for the input of the declared head.
        spatial: whether to keep maps.
    """

    layer: str | None = None
    spatial: bool = False


@dataclass(frozen=True)
class Request:
    """What a `Predictor` was asked for; its arguments say what each means.

    Attributes:
        model: a model's name; a module; or, where the engine reads such files, the path of an
            exported file.
        weights: as the user gave them.
        task: the task's name, if it was given.
        options: those of the task.
        device, optimize, dtype, compile, compare: those of torch.
        progress: whether to show progress on stderr.
        vectors: None for predictions.
    """

    model: str | Path | nn.Module
    weights: Any = "DEFAULT"
    task: str | None = None
    options: Options = Options()  # noqa: RUF009  # it is frozen
    device: str | torch.device = "cpu"
    optimize: bool = False
    dtype: str = "float32"
    compile: bool = False
    compare: bool = False
    progress: bool = True
    vectors: Vectors | None = None

    def refuse_those_of_torch(self, engine: str) -> None:
        """For engines that have none of torch's options.

        Raises:
            PredictionError: one was given.
        """
        given = [
            name
            for name, usual in (("device", "cpu"), ("dtype", "float32"), ("optimize", False))
            if str(getattr(self, name)) != str(usual)
        ]
        given += [name for name in ("compile", "compare") if getattr(self, name)]
        if given:
            raise PredictionError(
                f"The engine '{engine}' does not take {' and '.join(given)}: only torch does."
            )


class Engine(ABC):
    """Runs one model. Made with the `Request`, when a `Predictor` is made.

    Attributes:
        task: the model's task, made with its weights.
        task_name: the name of the task.
        weights: the model's weights: their preprocessing, if it is needed, and their categories.
        model: the model's name, for people.
        device: what it is run on.
        batch_size: the default number of inputs per batch.
        largest_batch: the largest number of inputs per batch, or None if any number will do.
        largest_difference: see `Predictor`.
        gives_vectors: whether the engine heeds `Request.vectors`; one that does not is not asked.
        layer: where its vectors come from, see `hubcore.embedding.Embedder`.
    """

    task: Task[Any]
    task_name: str
    weights: WeightsLike
    model: str
    device: Any = "cpu"
    batch_size: int = 1
    largest_batch: int | None = None
    largest_difference: float | None = None
    gives_vectors: ClassVar[bool] = False
    layer: str = ""

    @abstractmethod
    def __init__(self, request: Request) -> None:
        """Finds the model, and all that is wrong with the request."""

    def start(self, workers: int) -> int:
        """Prepares for a number of worker threads, before any input is loaded.

        Args:
            workers: how many threads there will be, 0 if everything runs in the caller's.

        Returns:
            How many of these may call `run` at the same time. 1: only the caller's thread does.
        """
        return 1

    def threads(self, running: int) -> Threads:
        """How each worker is set up.

        Args:
            running: how many workers there are that call `run`; 0 if they only call `load`.
        """
        return SAME_THREADS

    @abstractmethod
    def load(self, item: Input) -> Sample:
        """Decodes and prepares an input. Called in worker threads.

        Raises:
            InputError: the input cannot be used.
        """

    @abstractmethod
    def run(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        """Predicts a batch, whose samples have equal shapes.

        Raises:
            Exception: any. The inputs are then tried one by one, and each that fails becomes a
                `Failure` with this reason.
        """
