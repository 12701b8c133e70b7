"""`Predictor`: a model with its weights' preprocessing, for predicting repeatedly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from ..building.builders import builder_of
from ..catalogs.names import find_model, short_name
from ..errors import DownloadError
from ..protocols import WeightsLike
from ..weights.lookup import get_weight
from .allocator import keep_freed_memory
from .choice import chosen_weights, with_those_here
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

# On the CPU batches are smaller by this factor, so that they fit its caches.
CPU_SHARE = 4


class Predictor:
    """A model with its weights' preprocessing and its task, ready for any number of inputs.

    Args:
        model: a model's name, bare or canonical; or a module with its weights loaded, which needs
            ``weights`` too. The module is moved to the device and put in evaluation mode.
        weights: for a name, what the model's builder takes: ``"DEFAULT"``, a member's name, a
            full name, a member, or any object that satisfies `hubcore.WeightsLike`. For a module,
            the weights that provide its preprocessing and categories: an object or a full name.
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
            raise PredictionError(f"batch_size must be at least 1, not {batch_size}.")
        if dtype not in DTYPES:
            raise PredictionError(f"Unknown dtype '{dtype}'. Choose one of {', '.join(DTYPES)}.")
        self.device = _device(device)
        if isinstance(model, str):
            entry = find_model(model)
            require_task(task or entry.task)
            self.weights, config = chosen_weights(entry, weights)
            self.task = task or _task_of(self.weights) or entry.task
            try:
                module = builder_of(entry)(weights=self.weights, progress=progress, **config)
            except DownloadError as error:
                raise with_those_here(error, self.weights) from error
        else:
            module = model
            self.weights = _weights_for_module(weights)
            self.task = task or _known_task(self.weights)
        self._task = make_task(self.task, self.weights, Options(top, score, rate))
        name = short_name(entry) if isinstance(model, str) else type(model).__name__
        self._made_by = f"{name} {getattr(self.weights, 'name', self.weights)}"
        batch = self._task.batch_size
        if self.device.type == "cpu":
            batch = math.ceil(batch / CPU_SHARE)
        self.batch_size = batch_size or batch
        self.workers = default_workers() if workers is None else workers
        changes = optimize or compile or dtype != "float32"
        module = module.eval().to(self.device)
        self._plain = plain_copy(module) if compare and changes else None
        if optimize and module is model:
            module = plain_copy(module)  # fusing must not change the caller's module
        # Not for tasks with large inputs: each worker would take a model's working memory.
        self._side_by_side = (
            self.device.type == "cpu"
            and self._task.batch_size > 1
            and not compile
            and is_torchvisions(module)
        )
        if self._side_by_side and module is not model:
            # Else each batch would convert the weights again. A caller's module is not changed.
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
        # Several models with one thread each lose no time waiting for one another.
        models = min(workers, torch.get_num_threads()) if self._side_by_side else 1
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

        threads = torch.get_num_threads() // workers
        for results in ordered_map(
            predicted, batches, workers=workers, ahead=2 * workers, threads=threads
        ):
            yield from results

    def _stream_in_turn(
        self, items: Sequence[Input | Failure], workers: int
    ) -> Iterator[Result | Failure]:
        """Lets the workers decode ahead, while the caller's thread predicts batch after batch."""
        ahead = 2 * self.batch_size + workers
        loaded = ordered_map(self._load, items, workers=workers, ahead=ahead)
        while batch := list(islice(loaded, self.batch_size)):
            yield from self._predict_batch(batch)

    def _load(self, item: Input | Failure) -> Loaded:
        """Decodes and preprocesses an input. Errors are returned in place of the sample."""
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
        moved = [
            Sample(tuple(self._to_device(tensor) for tensor in sample.tensors), sample.size)
            for sample in samples
        ]
        with torch.inference_mode():
            output = self._task.run(self._model, moved)
            if self._plain is not None:
                plain = self._task.run(self._plain, moved)
                self._record_difference(largest_difference(output, plain))
            results = self._task.results(output, items, samples)
        return [replace(result, made_by=self._made_by) for result in results]

    def _record_difference(self, difference: float) -> None:
        with self._lock:
            known = self.largest_difference or 0.0
            # Once NaN, it stays NaN.
            self.largest_difference = (
                difference if math.isnan(difference) else max(known, difference)
            )

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=True)


def _weights_for_module(weights: Any) -> WeightsLike:
    if isinstance(weights, str) and "." in weights:
        return get_weight(weights)
    if isinstance(weights, str) or not isinstance(weights, WeightsLike):
        raise PredictionError(
            "A module does not define its preprocessing: give the weights that go with it, such as "
            "weights='ResNet50_Weights.IMAGENET1K_V2'."
        )
    return weights


def _task_of(weights: WeightsLike) -> str | None:
    return getattr(getattr(weights, "value", None), "task", None)


def _known_task(weights: WeightsLike) -> str:
    """The task of weights. torchvision's own name none: the hub's of the same name do."""
    task = _task_of(weights)
    if task is None:
        try:
            task = _task_of(get_weight(str(weights)))
        except ValueError:
            task = None
    if task is None:
        raise PredictionError(
            f"The weights {weights} don't name their task: give it, such as "
            f"task='image-classification'."
        )
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
