"""Reduces predictions to observations: here, or in several processes.

What is found does not depend on where: shards are cut between batches, so every batch is the same
as in one process, and their lines are put together in the data's order.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubcore.building.builders import get_model
from hubcore.errors import HubError
from hubcore.prediction import Failure, Predictor
from hubcore.waiting import wait_for

from .data import Sample
from .engines import engine_options
from .errors import DataError, EvaluationError, UnknownClassesError
from .metrics import Metrics, metrics_of
from .protocol import MoreUpdates

__all__ = ["Setup", "Shard", "lines_of", "observe_shard", "observe_shards", "sharded"]

Line = dict[str, Any]
BATCHES = 8
"""Batches of a shard for each of its threads: enough to keep them busy, few enough to lose."""


@dataclass(frozen=True)
class Setup:
    """What a `Predictor` for an evaluation is made with. All of it can be pickled.

    Attributes:
        model: a model's name, the path of an exported file, or a module.
        weights, task, device, batch_size, workers: as for `hubcore.Predictor`.
        engine: what runs the model, see `engines`.
        flow_updates: the updates of RAFT's flow; None for its usual number.
    """

    model: Any
    weights: Any
    task: str
    engine: str = "torch"
    device: str = "cpu"
    batch_size: int | None = None
    workers: int | None = None
    flow_updates: int | None = None

    @property
    def name(self) -> str:
        """The model's name, for people."""
        if isinstance(self.model, Path):
            return self.model.name
        return self.model if isinstance(self.model, str) else type(self.model).__name__

    def predictor(self, progress: bool = False) -> Predictor:
        """The predictor: five classes, and detections of any score.

        Raises:
            HubError: the model or its weights cannot be found or used.
        """
        model = self.model
        if self.flow_updates is not None:
            if isinstance(model, str):
                model = get_model(model, weights=self.weights, progress=progress)
            model = MoreUpdates(model, self.flow_updates)
        return Predictor(
            model,
            self.weights,
            task=self.task,
            top=5,
            score=0.0,
            device=self.device,
            batch_size=self.batch_size,
            workers=self.workers,
            progress=progress,
            **engine_options(self.engine),
        )


@dataclass(frozen=True)
class Shard:
    """Some samples in a row, to be evaluated in another process.

    Attributes:
        evaluation: the evaluation's key: a process keeps its predictor for the next shard of it.
        setup: what the predictor is made with.
        categories: the weights' categories.
        samples: the samples.
    """

    evaluation: str
    setup: Setup
    categories: tuple[str, ...]
    samples: tuple[Sample, ...]


def lines_of(predictor: Predictor, measuring: Metrics, samples: Sequence[Sample]) -> Iterator[Line]:
    """What is found in each sample, in order: its id, an error or None, and the observation.

    Raises:
        UnknownClassesError: a mask has values that are no categories.
    """
    stream = predictor.stream([sample.input for sample in samples])
    for sample, result in zip(samples, stream, strict=True):
        error = result.error.reason if isinstance(result, Failure) else None
        observation = measuring.failed(sample)
        if not isinstance(result, Failure):
            try:
                observation = measuring.observe(sample, result)
            except UnknownClassesError:
                raise
            except DataError as unreadable:
                error = str(unreadable)
        yield {"id": sample.id, "error": error, "observation": observation}


_predictors: dict[str, Predictor] = {}  # of the last evaluation that this process took part in


def observe_shard(shard: Shard) -> list[Line]:
    """Evaluates a shard. This is what an executor runs in its processes.

    Raises:
        HubError: as for `evaluate`; one that can be sent to another process.
    """
    try:
        if shard.evaluation not in _predictors:
            _predictors.clear()
            _predictors[shard.evaluation] = shard.setup.predictor()
        measuring = metrics_of(shard.setup.task, shard.categories)
        return [*lines_of(_predictors[shard.evaluation], measuring, shard.samples)]
    except HubError as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise EvaluationError(str(error)) from None
        raise


def observe_shards(
    executor: Executor,
    at_once: int,
    shards: Sequence[Shard],
    found: Callable[[Line], None],
) -> None:
    """Evaluates shards in other processes, and takes what they find in the data's order.

    Args:
        executor: runs `observe_shard` in its processes.
        at_once: the number of these.
        shards: the shards, in order.
        found: is called with each line, in order.

    Raises:
        EvaluationError: a process ended before its time.
        HubError: what a shard raised.
    """
    pending: deque[Future[list[Line]]] = deque()
    waiting = iter(shards)
    try:
        while True:
            while len(pending) < 2 * at_once and (shard := next(waiting, None)) is not None:
                pending.append(executor.submit(observe_shard, shard))
            if not pending:
                return
            for line in wait_for(pending[0]):
                found(line)
            pending.popleft()
    except BrokenExecutor as error:
        raise EvaluationError(
            "A process of the evaluation ended before its time: it was killed, lacked memory, or "
            "could not start (a script that evaluates in several processes must do so under "
            "`if __name__ == '__main__':`). What was found is kept: the same call goes on there."
        ) from error
    finally:
        for future in pending:
            future.cancel()


def sharded(
    evaluation: str,
    setup: Setup,
    categories: Sequence[str],
    samples: Sequence[Sample],
    batch_size: int,
    workers: int,
) -> list[Shard]:
    """Cuts samples between batches.

    Where threads predict side by side, batches of a short list are smaller. So the last shard takes
    what would be too short for one of its own.
    """
    room = batch_size * max(1, workers)
    size = BATCHES * room
    starts = [*range(0, len(samples), size)]
    if not starts:
        return []
    if len(starts) > 1 and len(samples) - starts[-1] < room:
        starts.pop()
    ends = [*starts[1:], len(samples)]
    return [
        Shard(evaluation, setup, tuple(categories), tuple(samples[start:end]))
        for start, end in zip(starts, ends, strict=True)
    ]
