"""`FileEngine`: the base of engines that run exported files."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hubcore.building.weights_argument import require_usable
from hubcore.devices import refuse_device
from hubcore.embedding.result import Embedding
from hubcore.prediction.engines.base import Engine, Request, Vectors
from hubcore.prediction.errors import PredictionError
from hubcore.prediction.inputs import Input
from hubcore.prediction.pixels import Array
from hubcore.prediction.results import Result
from hubcore.prediction.tasks import require_task, task_class
from hubcore.prediction.tasks.base import ImageTask, Sample, Task

from .description import Description, FileWeights, Port
from .errors import FileError
from .kept import BARE, NO_MAPS, kept_file
from .preprocessing import preprocessing
from .results import enlarged_argmax, softmax

__all__ = ["FileEngine", "Run"]

Run = Callable[[Mapping[str, Array]], "Sequence[Array]"]
"""Runs an opened file: arrays by the name of the input, to arrays in the order of the outputs."""

NEEDED = {
    "image-classification": ("probabilities",),
    "video-classification": ("probabilities",),
    "semantic-segmentation": ("mask",),
    "object-detection": ("boxes", "scores", "labels", "count"),
    "instance-segmentation": ("boxes", "scores", "labels", "count", "masks"),
    "keypoint-detection": (
        *("boxes", "scores", "labels", "count"),
        *("keypoints", "keypoint_scores"),
    ),
    "optical-flow": ("flow",),
}
"""The outputs that a result is made from, by task."""


class FileEngine(Engine):
    """Runs exported files. An engine of this kind says how a file is read and opened.

    Attributes:
        name: the engine's name, for messages.
        usual_batch: the largest default number of inputs per batch. A batch is run by one thread,
            which is as fast for one image as for several, and takes a part of the memory.
    """

    gives_vectors: ClassVar[bool] = True
    name: ClassVar[str]
    usual_batch: ClassVar[int] = 1

    def __init__(self, request: Request) -> None:
        request.refuse_those_of_torch(self.name)
        self._path, self.weights = self._file(request)
        self.about = Description.from_text(self._text(self._path), str(self._path))
        if self.weights is None:
            self.weights = FileWeights(self.about)
            require_usable(self.weights)
        self.layer = self._layer(request.vectors)
        self.task_name = self.about.task
        if request.task not in (None, self.task_name):
            raise PredictionError(
                f"{self._path} holds a model for {self.task_name[:60]}, not for {request.task}."
            )
        self.model = self.about.model.rpartition("/")[2]
        self.task = self._made_task(request)
        self._prepare = self._preprocessing()
        self.batch_size = min(self.task.batch_size, self.usual_batch)
        first = self.about.inputs[0].shape[0]
        if isinstance(first, int):
            self.largest_batch = first
        self._opened: tuple[tuple[int, int], Run] | None = None
        self._run: Run | None = None

    # -- what an engine has to say ---------------------------------------------------------

    @abstractmethod
    def describe(self, path: Path) -> str | None:
        """The text under the key ``hubcore`` of a file's metadata; None if it has none.

        Raises:
            FileError: the file cannot be read.
        """

    @abstractmethod
    def open(self, path: Path, *, threads: int, at_once: int) -> Run:
        """Opens a file.

        Args:
            path: the file.
            threads: how many threads one call may use.
            at_once: how many threads will call it at the same time.

        Returns:
            A function that several threads may call. It gives the outputs in the order of
            `about.outputs`.

        Raises:
            FileError: the file cannot be opened, or has other inputs and outputs than it says.
        """

    # -- an engine -------------------------------------------------------------------------

    def start(self, workers: int) -> int:
        at_once = max(1, workers) if self.task.batch_size > 1 else 1
        threads = max(1, _processors() // at_once)
        if self._opened is None or self._opened[0] != (threads, at_once):
            self._opened = None  # the memory of the first is not needed beside the second
            run = self.open(self._path, threads=threads, at_once=at_once)
            self._opened = (threads, at_once), run
        return at_once

    def load(self, item: Input) -> Sample:
        if self._prepare is None:
            return self.task.decode(item)
        assert isinstance(self.task, ImageTask)  # as all of `BARE`
        image = self.task.opened(item)  # type: ignore[arg-type]  # the task's own inputs
        return Sample((self._prepare(image),), image.size)

    def run(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        found: Mapping[str, Any] = self.task.run_arrays(self._run_arrays, samples)
        if self.layer:
            [vectors] = found.values()
            return [
                Embedding(item, sample.size, vector)
                for item, sample, vector in zip(items, samples, vectors, strict=True)
            ]
        if self.about.raw:
            found = self._of_bare(next(iter(found.values())), samples)
        return self.task.from_arrays(found, items, samples)

    def _run_arrays(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        assert self._opened is not None  # `start` comes first
        names = (port.name for port in self.about.inputs)
        found = self._opened[1](dict(zip(names, arrays, strict=True)))
        return dict(zip((port.name for port in self.about.outputs), found, strict=True))

    def _of_bare(self, output: Array, samples: Sequence[Sample]) -> Mapping[str, Any]:
        if self.task_name == "image-classification":
            return {"probabilities": softmax(output)}
        return {
            "mask": [
                enlarged_argmax(logits, sample.size[::-1])
                for logits, sample in zip(output, samples, strict=True)
            ]
        }

    # -- making one ------------------------------------------------------------------------

    def _file(self, request: Request) -> tuple[Path, Any]:
        """The file to run, and the weights that it was made from, if it was made for this."""
        from hubcore.prediction.engines import is_exported

        if not is_exported(request.model):
            return kept_file(request, self.name)
        path = Path(str(request.model)).expanduser()
        if request.weights not in ("DEFAULT", None):
            raise PredictionError(f"{path} has its weights inside: leave weights out.")
        return path, None

    def _layer(self, wanted: Vectors | None) -> str:
        """Where the file's vectors come from; "" where predictions are wanted.

        Raises:
            PredictionError: it gives something else than what is wanted.
        """
        there = self.about.layer
        if wanted is None and there:
            raise PredictionError(f"{self._path} gives vectors, not predictions: use hub embed.")
        if wanted is not None and not there:
            raise PredictionError(
                f"{self._path} holds a model that predicts. Write one that gives vectors with "
                f"'hub export --vectors'."
            )
        if wanted is not None and wanted.spatial:
            raise PredictionError(f"{NO_MAPS}: leave out spatial.")
        if wanted is not None and wanted.layer not in (None, there):
            raise PredictionError(f"{self._path} gives the vectors of '{there[:200]}', no others.")
        return there

    def _text(self, path: Path) -> str:
        try:
            refuse_device(path)
            text = self.describe(path)
        except OSError as error:
            raise FileError(f"Cannot read {path}: {error.strerror or error}.") from error
        if text is None:
            raise FileError(
                f"{path} does not say what it is: only files that 'hub export' wrote can be used."
            )
        return text

    def _made_task(self, request: Request) -> Task[Any]:
        about = self.about
        entry = require_task(about.task)
        kind = task_class(entry)
        if kind.decode is Task.decode or about.task not in NEEDED:
            raise PredictionError(f"Models for the task '{about.task}' are run by torch only.")
        if about.raw and about.task not in BARE:
            raise PredictionError(
                f"{self._path} holds a bare model for {about.task}, whose output only torch turns "
                f"into results. Export it without --raw."
            )
        lacking = set() if about.raw else {*NEEDED[about.task]} - {p.name for p in about.outputs}
        if lacking:
            raise FileError(f"{self._path} has no output {' and '.join(sorted(lacking))}.")
        wanted = 2 if about.task == "optical-flow" else 1
        if len(about.inputs) != wanted or (
            about.raw
            and len(about.outputs) != 1
            and not ({port.name for port in about.outputs} & {"out"})
        ):
            raise FileError(f"{self._path} has other inputs or outputs than its task needs.")
        made: Task[Any] = kind(self.weights, request.options)
        return made

    def _preprocessing(self) -> Callable[[Any], Array] | None:
        if not self.about.raw:
            return None
        return preprocessing(self.about.target, self.about.settings)

    def check_ports(self, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """Compares the names in a file's graph with what it says of itself.

        Raises:
            FileError: they differ.
        """
        for said, there in ((self.about.inputs, inputs), (self.about.outputs, outputs)):
            if [port.name for port in said] != list(there):
                raise FileError(
                    f"{self._path} says that it has {_names(said)}, but has {', '.join(there)}."
                )


def _names(ports: Sequence[Port]) -> str:
    return ", ".join(port.name for port in ports)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity
        return os.cpu_count() or 1
