"""The engine `torch`: runs modules, and is what all others are compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from ...building.builders import builder_of
from ...building.load_report import load_report
from ...catalogs.catalog import ModelEntry
from ...catalogs.names import find_model, short_name
from ...errors import DownloadError
from ...protocols import WeightsLike
from ...weights.lookup import get_weight
from ..choice import chosen_weights, with_those_here
from ..errors import PredictionError
from ..inputs import Input
from ..optimize import DTYPES, is_torchvisions, largest_difference, plain_copy, prepared
from ..results import Result
from ..tasks import make_task, require_task
from ..tasks.base import Sample
from .base import Engine, Request

__all__ = ["TorchEngine"]

# On the CPU batches are smaller by this factor, so that they fit its caches.
CPU_SHARE = 4
_CLASSIFIES = ("image-classification", "video-classification")


class TorchEngine(Engine):
    """Models of the hub and modules, run by torch."""

    device: torch.device

    def __init__(self, request: Request) -> None:
        if request.dtype not in DTYPES:
            raise PredictionError(
                f"Unknown dtype '{request.dtype}'. Choose one of {', '.join(DTYPES)}."
            )
        self.device = _device(request.device)
        model: Any = request.model
        if isinstance(model, str):
            entry = find_model(model)
            require_task(request.task or entry.task)
            self.weights, config = chosen_weights(entry, request.weights)
            self.task_name = request.task or _task_of(self.weights) or entry.task
            try:
                module = builder_of(entry)(
                    weights=self.weights, progress=request.progress, **config
                )
            except DownloadError as error:
                raise with_those_here(error, self.weights) from error
            self.model = short_name(entry)
            if self.task_name in _CLASSIFIES:
                _require_classes(entry, self.weights, module)
        else:
            module = model
            self.weights = _weights_for_module(request.weights)
            self.task_name = request.task or _known_task(self.weights)
            self.model = type(model).__name__
        self.task = make_task(self.task_name, self.weights, request.options)
        self.task.preprocess  # noqa: B018  # made here: what is wrong with it is wrong for all inputs
        on_cpu = self.device.type == "cpu"
        self.batch_size = self.task.batch_size
        if on_cpu:
            self.batch_size = math.ceil(self.batch_size / CPU_SHARE)
        compare, compile, optimize = request.compare, request.compile, request.optimize
        changes = optimize or compile or request.dtype != "float32"
        module = module.eval().to(self.device)
        self._plain = plain_copy(module) if compare and changes else None
        if optimize and module is model:
            module = plain_copy(module)  # fusing must not change the caller's module
        # Not for tasks with large inputs: each worker would take a model's working memory.
        self._side_by_side = (
            on_cpu and self.task.batch_size > 1 and not compile and is_torchvisions(module)
        )
        if self._side_by_side and module is not model:
            # Else each batch would convert the weights again. A caller's module is not changed.
            module = module.to(memory_format=torch.channels_last)
        self._model = prepared(
            module,
            optimize=optimize,
            dtype=DTYPES[request.dtype],
            compile=compile,
            channels_last=self._side_by_side,
        )
        self._lock = Lock()

    def start(self, workers: int) -> int:
        # Several models with one thread each lose no time waiting for one another.
        return min(workers, torch.get_num_threads()) if self._side_by_side else 1

    def threads(self, running: int) -> _TorchThreads:
        return _TorchThreads(torch.get_num_threads() // running if running else 1)

    def load(self, item: Input) -> Sample:
        return self.task.load(item)

    def run(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        moved = [
            Sample(tuple(self._to_device(tensor) for tensor in sample.tensors), sample.size)
            for sample in samples
        ]
        with torch.inference_mode():
            output = self.task.run(self._model, moved)
            if self._plain is not None:
                plain = self.task.run(self._plain, moved)
                self._record_difference(largest_difference(output, plain))
            return self.task.results(output, items, samples)

    def _record_difference(self, difference: float) -> None:
        with self._lock:
            known = self.largest_difference or 0.0
            # Once NaN, it stays NaN.
            self.largest_difference = (
                difference if math.isnan(difference) else max(known, difference)
            )

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=True)


class _TorchThreads:
    """Workers that each compute with a number of torch's threads.

    By default each would use as many as there are processors, and compete with the model.
    """

    def __init__(self, number: int) -> None:
        self._number, self._everyone = number, torch.get_num_threads()

    def in_worker(self) -> None:
        torch.get_num_threads()  # torch initialises a thread here, which would undo the next line
        torch.set_num_threads(self._number)

    def afterwards(self) -> None:
        torch.set_num_threads(self._everyone)  # for threads that start later; workers keep theirs


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


def _require_classes(entry: ModelEntry, weights: WeightsLike, module: torch.nn.Module) -> None:
    """Checks that outputs are of classes: features, and a head that nobody trained, are none.

    Raises:
        PredictionError: the weights name no classes, and the model has no head, or one that is not
            from them.
    """
    if weights.meta.get("categories") or weights.meta.get("num_classes"):
        return
    report = load_report(module)
    new = [] if report is None else [n for n, _ in module.named_parameters() if n in report.new]
    if new or ("head" in entry.data and not entry.head):
        why = f"{new[0]} is not from them" if new else "the model has no head"
        raise PredictionError(
            f"{weights} gives '{entry.name}' features and no classes: {why}. To train a head: "
            f"get_model('{entry.name}', weights=..., num_classes=N). For the features themselves "
            f"the catalogue's model needs another task."
        )
