"""`Predictor`: a model with its weights' preprocessing, for predicting repeatedly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .allocator import keep_freed_memory
from .engines import make_engine
from .engines.base import Engine, Request
from .errors import InputError, PredictionError
from .expansion import expand
from .inputs import Input
from .pipeline import default_workers, ordered_map
from .results import Result
from .tasks.base import Options, Sample
from .values import Failure

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Predictor"]

Loaded = tuple[Input | Failure, Sample | Exception]


class Predictor:
    """A model with its weights' preprocessing and its task, ready for any number of inputs.

    Args:
        model: a model's name, bare or canonical; the path of a file that `hub export` wrote; or a
            module with its weights loaded, which needs ``weights`` too. The module is moved to the
            device and put in evaluation mode.
        weights: for a name, what the model's builder takes: ``"DEFAULT"``, a member's name, a
            full name, a member, or any object that satisfies `hubcore.WeightsLike`. For a module,
            the weights that provide its preprocessing and categories: an object or a full name.
        engine: what runs the model: ``"torch"``, or the name of one that an installed package adds,
            such as ``"onnxruntime"``. Default: torch; for an exported file one that reads it.
        task: the task, needed only if neither the model nor the weights name it.
        top: the number of classes in a `ClassificationResult`.
        score: the lowest score of the detections to return, in [0, 1].
        device: such as ``"cpu"`` or ``"cuda"``.
        batch_size: the number of inputs per batch. Default: 16 for image classification, 4 for
            semantic segmentation, a quarter of these on the CPU, and 1 for other tasks. Only
            inputs that have equal shapes after preprocessing go through the model together:
            nothing is padded, so results are the same as one by one.
        workers: the number of threads that decode and preprocess. On the CPU, for image
            classification and semantic segmentation with torchvision's models, these threads also
            run the model. Default: one per processor, at most 8. 0: everything runs in the
            caller's thread.
        rate: the frame rate, in frames per second, of videos that don't state theirs, such as
            folders of frames. Default: the rate that the weights were evaluated with.
        optimize: fold batch normalisations and use channels-last, see `optimize.prepared`.
        dtype: the number format to compute in: ``"float32"``, ``"bfloat16"`` or ``"float16"``.
        compile: compile the model with `torch.compile`.
        compare: also run the unchanged model, and measure the `largest_difference` of the outputs.
        progress: show a progress bar on stderr while downloading.

    Attributes:
        device: the device of the model.
        batch_size: the largest number of inputs per batch.
        workers: the number of threads that decode and preprocess.
        weights: the weights.
        task: the name of the task.
        largest_difference: the largest absolute difference so far between the outputs of the
            changed and the unchanged model. None unless ``compare`` is set and a batch was
            predicted with a changed model. NaN if outputs could not be compared.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights.
        PredictionError: there are no weights, prediction does not support the task, or an option
            is wrong.
        HubError: the weights cannot be downloaded or do not fit.
    """

    def __init__(
        self,
        model: str | Path | nn.Module,
        weights: Any = "DEFAULT",
        *,
        engine: str | Callable[[Request], Engine] | None = None,
        task: str | None = None,
        top: int = 5,
        score: float = 0.5,
        device: str | torch.device = "cpu",
        batch_size: int | None = None,
        workers: int | None = None,
        rate: float | None = None,
        optimize: bool = False,
        dtype: str = "float32",
        compile: bool = False,
        compare: bool = False,
        progress: bool = True,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise PredictionError(f"batch_size must be at least 1, not {batch_size}.")
        options = Options(top, score, rate)
        self._engine = make_engine(
            engine,
            Request(
                model,
                weights,
                task,
                options,
                device,
                optimize=optimize,
                dtype=dtype,
                compile=compile,
                compare=compare,
                progress=progress,
            ),
        )
        self.device = self._engine.device
        self.weights = self._engine.weights
        self.task = self._engine.task_name
        self.batch_size = batch_size or self._engine.batch_size
        if self._engine.largest_batch is not None:
            self.batch_size = min(self.batch_size, self._engine.largest_batch)
        self.workers = default_workers() if workers is None else workers
        weights_name = getattr(self.weights, "name", self.weights)
        self._made_by = f"{self._engine.model} {weights_name}"

    @property
    def largest_difference(self) -> float | None:
        return self._engine.largest_difference

    def __call__(self, inputs: Any, *, on_error: str = "raise") -> list[Any]:
        """Predicts all inputs.

        Args:
            inputs: see `hubcore.predict`.
            on_error: ``"raise"`` to raise the first error, or ``"return"`` to return a `Failure`
                in the place of each result that cannot be made.

        Returns:
            One `Result` per input, in order.

        Raises:
            InputError: an input cannot be used, and ``on_error`` is ``"raise"``.
            PredictionError: ``on_error`` has another value.
        """
        if on_error not in ("raise", "return"):
            raise PredictionError(f"on_error must be 'raise' or 'return', not {on_error!r}.")
        results = []
        for result in self.stream(inputs):
            if isinstance(result, Failure) and on_error == "raise":
                raise result.error
            results.append(result)
        return results

    def stream(self, inputs: Any) -> Iterator[Result | Failure]:
        """Predicts, and yields each result as soon as it is ready, in order.

        Args:
            inputs: see `hubcore.predict`; or the list that `inputs.expand` returned.

        Returns:
            An iterator over one `Result` per input, or a `Failure` in its place.
        """
        items = inputs if _is_expanded(inputs) else expand(inputs, self.task)
        workers = min(self.workers, len(items)) if len(items) > 1 else 0
        models = self._engine.start(workers)
        if models > 1:
            return self._stream_side_by_side(items, models)
        return self._stream_in_turn(items, workers)

    def _stream_side_by_side(
        self, items: Sequence[Input | Failure], workers: int
    ) -> Iterator[Result | Failure]:
        """Lets each worker decode and predict whole batches."""
        keep_freed_memory()
        size = min(self.batch_size, math.ceil(len(items) / workers))
        batches = [items[start : start + size] for start in range(0, len(items), size)]

        def predicted(batch: Sequence[Input | Failure]) -> Sequence[Result | Failure]:
            return self._predict_batch([self._load(item) for item in batch])

        threads = self._engine.threads(workers)
        for results in ordered_map(
            predicted, batches, workers=workers, ahead=2 * workers, threads=threads
        ):
            yield from results

    def _stream_in_turn(
        self, items: Sequence[Input | Failure], workers: int
    ) -> Iterator[Result | Failure]:
        """Lets the workers decode ahead, while the caller's thread predicts batch after batch."""
        ahead = 2 * self.batch_size + workers
        threads = self._engine.threads(0)
        loaded = ordered_map(self._load, items, workers=workers, ahead=ahead, threads=threads)
        while batch := list(islice(loaded, self.batch_size)):
            yield from self._predict_batch(batch)

    def _load(self, item: Input | Failure) -> Loaded:
        """Decodes and preprocesses an input. Errors are returned in place of the sample."""
        if isinstance(item, Failure):
            return item, item.error
        try:
            return item, self._engine.load(item)
        except Exception as error:
            return item, error

    def _predict_batch(self, batch: Sequence[Loaded]) -> list[Result | Failure]:
        results: dict[int, Result | Failure] = {}
        groups: dict[tuple[tuple[int, ...], ...], list[tuple[int, Input, Sample]]] = {}
        for index, (item, sample) in enumerate(batch):
            if isinstance(sample, Exception):
                results[index] = _failure(item, sample)
            elif not isinstance(item, Failure):
                shapes = tuple(tuple(tensor.shape) for tensor in sample.tensors)
                groups.setdefault(shapes, []).append((index, item, sample))
        for group in groups.values():
            indices, items, samples = zip(*group, strict=True)
            results.update(zip(indices, self._predict_group(items, samples), strict=True))
        return [results[index] for index in range(len(batch))]

    def _predict_group(
        self, items: Sequence[Input], samples: Sequence[Sample]
    ) -> Sequence[Result | Failure]:
        """Predicts inputs of equal shape together, or one by one if that fails."""
        try:
            return self._forward(items, samples)
        except Exception as error:
            if len(items) == 1:
                return [_failure(items[0], error)]
        return [
            result
            for item, sample in zip(items, samples, strict=True)
            for result in self._predict_group([item], [sample])
        ]

    def _forward(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        results = self._engine.run(items, samples)
        return [replace(result, made_by=self._made_by) for result in results]


def _failure(item: Input | Failure, error: Exception) -> Failure:
    if isinstance(item, Failure):
        return item
    if not isinstance(error, InputError):
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        wrapped = InputError(item.name, reason)
        wrapped.__cause__ = error
        error = wrapped
    return Failure(item.name, error)


def _is_expanded(inputs: Any) -> bool:
    return isinstance(inputs, list) and all(isinstance(item, Input | Failure) for item in inputs)
