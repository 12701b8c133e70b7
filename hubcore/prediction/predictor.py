"""`Predictor`: a model with its weights' preprocessing, ready for many inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from ..building.builders import builder_of
from ..building.weights_argument import resolve_weights
from ..catalogs.catalog import ModelEntry
from ..catalogs.names import find_model
from ..errors import HubError, WeightsError
from ..protocols import WeightsLike
from ..weights.lookup import get_weight
from .allocator import keep_freed_memory
from .errors import InputError, PredictionError
from .inputs import Input, expand
from .optimize import DTYPES, is_torchvisions, largest_difference, plain_copy, prepared
from .pipeline import default_workers, ordered_map
from .results import Result
from .tasks import make_task, require_task
from .tasks.base import Options, Sample
from .values import Failure

__all__ = ["Predictor"]

Loaded = tuple[Input | Failure, Sample | Exception]

# What a processor takes of an accelerator's batch: what still fits its caches.
CPU_SHARE = 4


class Predictor:
    """A model, its weights' preprocessing and its task, ready for any number of inputs.

    Args:
        model: a name, bare or canonical; or a module that is ready to use, with `weights` given.
        weights: for a name, what the model's builder takes: ``"DEFAULT"``, a member's name, a
            full name, a member, or any object that satisfies `hubcore.WeightsLike`. For a module,
            the weights whose preprocessing and categories go with it. The module is moved to the
            device and put in evaluation mode.
        task: where neither the model nor the weights tell.
        top: how many classes a classification gives.
        score: the least score of a detection.
        device: such as ``"cpu"`` or ``"cuda"``.
        batch_size: inputs a batch. Default: 16 for image classification, 4 for semantic
            segmentation, a quarter of these on the CPU, else 1. Only inputs that have equal
            shapes once they are preprocessed go through the model together, so that nothing is
            padded and results stay what they are one by one.
        workers: threads that decode and preprocess; where one of torchvision's models does
            either of these tasks on the CPU, each also predicts. Default: one a processor, at
            most 8. 0: none, everything happens in the caller's thread.
        rate: frames a second of videos that don't tell, such as folders of frames.
        optimize, dtype, compile: see `optimize.prepared`; ``dtype`` is one of `DTYPES`.
        compare: run the plain model too, and keep the `largest_difference` of the outputs.
        progress: show a progress bar while downloading.

    Attributes:
        weights: the weights.
        task: the task's name.
        largest_difference: between the outputs of this model and of the plain one so far; None
            unless `compare` is set and something was predicted.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights.
        PredictionError: no weights, no task that is served, or no such device.
        HubError: the weights cannot be had or do not fit.
    """

    def __init__(
        self,
        model: str | nn.Module,
        weights: Any = "DEFAULT",
        *,
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
            raise PredictionError(f"A batch holds at least one input, not {batch_size}.")
        if dtype not in DTYPES:
            raise PredictionError(f"Unknown dtype '{dtype}': choose one of {', '.join(DTYPES)}.")
        self.device = _device(device)
        if isinstance(model, str):
            entry = find_model(model)
            require_task(task or entry.task)
            self.weights, config = _weights_of(entry, weights)
            self.task = task or _task_of(self.weights) or entry.task
            module = builder_of(entry)(weights=self.weights, progress=progress, **config)
        else:
            module = model
            self.weights = _weights_for_module(weights)
            self.task = task or _known_task(self.weights)
        self._task = make_task(self.task, self.weights, options=Options(top, score, rate))
        batch = self._task.batch_size
        if self.device.type == "cpu":
            batch = math.ceil(batch / CPU_SHARE)
        self._batch_size = batch_size or batch
        self._workers = default_workers() if workers is None else workers
        changes = optimize or compile or dtype != "float32"
        module = module.eval().to(self.device)
        self._plain = plain_copy(module) if compare and changes else None
        if optimize and module is model:
            module = plain_copy(module)  # fusing must not change the caller's
        # Large inputs, one a batch, would take a model's working memory once a worker.
        self._side_by_side = (
            self.device.type == "cpu"
            and self._task.batch_size > 1
            and not compile
            and is_torchvisions(module)
        )
        if self._side_by_side and module is not model:
            # Else every batch would convert the weights anew. A caller's module stays as it is.
            module = module.to(memory_format=torch.channels_last)
        self._model = prepared(
            module,
            optimize=optimize,
            dtype=DTYPES[dtype],
            compile=compile,
            channels_last=self._side_by_side,
        )
        self.largest_difference: float | None = None
        self._lock = Lock()

    def __call__(self, inputs: Any, *, on_error: str = "raise") -> list[Any]:
        """Predicts.

        Args:
            inputs: see `hubcore.predict`.
            on_error: ``"raise"`` the first error, or ``"return"`` a `Failure` in its place.

        Returns:
            One `Result` an input, in order.
        """
        if on_error not in ("raise", "return"):
            raise ValueError(f"on_error is 'raise' or 'return', not {on_error!r}")
        results = []
        for result in self.stream(inputs):
            if isinstance(result, Failure) and on_error == "raise":
                raise result.error
            results.append(result)
        return results

    def stream(self, inputs: Any) -> Iterator[Result | Failure]:
        """Predicts, and gives each result as soon as it is there, in order.

        Args:
            inputs: see `hubcore.predict`; or what `inputs.expand` made of them.
        """
        items = inputs if _is_expanded(inputs) else expand(inputs, self.task)
        workers = min(self._workers, len(items)) if len(items) > 1 else 0
        # Models of one thread each waste nothing by waiting for one another.
        models = min(workers, torch.get_num_threads()) if self._side_by_side else 1
        if models > 1:
            return self._stream_side_by_side(items, models)
        return self._stream_in_turn(items, workers)

    def _stream_side_by_side(
        self, items: Sequence[Input | Failure], workers: int
    ) -> Iterator[Result | Failure]:
        """Each worker decodes and predicts whole batches."""
        keep_freed_memory()
        size = min(self._batch_size, math.ceil(len(items) / workers))
        batches = [items[start : start + size] for start in range(0, len(items), size)]

        def predicted(batch: Sequence[Input | Failure]) -> Sequence[Result | Failure]:
            return self._predict_batch([self._load(item) for item in batch])

        threads = torch.get_num_threads() // workers
        for results in ordered_map(
            predicted, batches, workers=workers, ahead=2 * workers, threads=threads
        ):
            yield from results

    def _stream_in_turn(
        self, items: Sequence[Input | Failure], workers: int
    ) -> Iterator[Result | Failure]:
        """Workers decode ahead; the caller's thread predicts batch after batch."""
        ahead = 2 * self._batch_size + workers
        loaded = ordered_map(self._load, items, workers=workers, ahead=ahead)
        while batch := list(islice(loaded, self._batch_size)):
            yield from self._predict_batch(batch)

    def _load(self, item: Input | Failure) -> Loaded:
        """An input, decoded and preprocessed; or what prevented it, in its place."""
        if isinstance(item, Failure):
            return item, item.error
        try:
            return item, self._task.load(item)
        except Exception as error:
            return item, error

    def _predict_batch(self, batch: Sequence[Loaded]) -> list[Result | Failure]:
        results: dict[int, Result | Failure] = {}
        groups: dict[tuple[torch.Size, ...], list[tuple[int, Input, Sample]]] = {}
        for index, (item, sample) in enumerate(batch):
            if isinstance(sample, Exception):
                results[index] = _failure(item, sample)
            elif not isinstance(item, Failure):
                shapes = tuple(tensor.shape for tensor in sample.tensors)
                groups.setdefault(shapes, []).append((index, item, sample))
        for group in groups.values():
            indices, items, samples = zip(*group, strict=True)
            results.update(zip(indices, self._predict_group(items, samples), strict=True))
        return [results[index] for index in range(len(batch))]

    def _predict_group(
        self, items: Sequence[Input], samples: Sequence[Sample]
    ) -> Sequence[Result | Failure]:
        """Predicts inputs of equal shape, one by one if they fail together."""
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
        moved = [
            Sample(tuple(self._to_device(tensor) for tensor in sample.tensors), sample.size)
            for sample in samples
        ]
        with torch.inference_mode():
            output = self._task.run(self._model, moved)
            if self._plain is not None:
                plain = self._task.run(self._plain, moved)
                self._compared(largest_difference(output, plain))
            return self._task.results(output, items, samples)

    def _compared(self, difference: float) -> None:
        with self._lock:
            known = self.largest_difference or 0.0
            # NaN, once there, stays.
            self.largest_difference = (
                difference if math.isnan(difference) else max(known, difference)
            )

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=True)


def _weights_of(entry: ModelEntry, weights: Any) -> tuple[WeightsLike, dict[str, Any]]:
    """What a builder's weights mean, and the arguments that they need."""
    quantizes = "quantize" in entry.parameters
    try:
        found = resolve_weights(entry, weights, {"quantize": True} if quantizes else {})
    except (TypeError, ValueError) as error:
        if isinstance(error, HubError):
            raise
        raise WeightsError(str(error)) from error
    if found is None:
        raise PredictionError(f"Prediction needs weights, and '{entry.name}' was given none.")
    # Weights that were quantized say for which engine.
    return found, {"quantize": "backend" in found.meta} if quantizes else {}


def _weights_for_module(weights: Any) -> WeightsLike:
    if isinstance(weights, str) and "." in weights:
        return get_weight(weights)
    if isinstance(weights, str) or not isinstance(weights, WeightsLike):
        raise PredictionError(
            "A module does not tell its preprocessing: give the weights that go with it, such as "
            "weights='ResNet50_Weights.IMAGENET1K_V2'."
        )
    return weights


def _task_of(weights: WeightsLike) -> str | None:
    return getattr(getattr(weights, "value", None), "task", None)


def _known_task(weights: WeightsLike) -> str:
    """The task of weights, or of the hub's weights of equal name, such as torchvision's."""
    task = _task_of(weights)
    if task is None:
        try:
            task = _task_of(get_weight(str(weights)))
        except ValueError:
            task = None
    if task is None:
        raise PredictionError(f"The weights {weights} don't say what they do: give task=....")
    return task


def _device(name: str | torch.device) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise PredictionError(f"The device '{name}' cannot be used: {reason}") from error
    return device


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
