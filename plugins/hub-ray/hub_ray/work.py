"""What a process of the cluster does: a piece after the other, with one model."""

from __future__ import annotations

import pickle
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from hubcore.errors import HubError
from hubcore.prediction import Failure, InputError, Result
from hubcore.prediction.inputs import Input
from hubcore.weights.traces import trace

from .errors import RayError
from .parts import Counts, part_path, write_part
from .pieces import Piece
from .plan import JOB
from .rows import Row, embedded, predicted, table_of

if TYPE_CHECKING:
    from hubcore.prediction import Predictor

__all__ = ["Done", "Setup", "Worker", "do_piece", "same_shape"]

CHUNK = 32
"""Batches whose inputs are read before they are predicted, where inputs are read from one file."""
_NAMED = 3
"""Failures of a piece that are told by name."""
_PAUSES = (1.0, 4.0)
"""Seconds before a file that cannot be read is tried again."""


@dataclass(frozen=True)
class Setup:
    """What a job's processes make their models with. All of it can be pickled.

    Attributes:
        model, weights: as for `hubcore.Predictor`.
        embeds: vectors are wanted in place of predictions.
        options: those of `hubcore.Predictor` or `hubcore.embedding.Embedder`.
    """

    model: Any
    weights: Any
    embeds: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def predictor(self) -> Predictor:
        """The model, loaded.

        Raises:
            HubError: it or its weights cannot be found or used.
        """
        # Imported here: the process that plans a job needs no torch.
        if self.embeds:
            from hubcore.embedding.embedder import Embedder

            return Embedder(self.model, self.weights, progress=False, **self.options)
        from hubcore.prediction import Predictor

        return Predictor(self.model, self.weights, progress=False, **self.options)


class Done(NamedTuple):
    """What a process tells of a piece; the rows are in its file.

    Attributes:
        inputs: its inputs.
        failed: those of them that failed.
        shape: that of the vectors; None if there are none.
        failures: the name and the error of some of these.
        sha256: that of the weights' file, if known.
        node: the machine.
    """

    inputs: int
    failed: int
    shape: tuple[int, ...] | None
    failures: tuple[tuple[str, str], ...]
    sha256: str | None
    node: str


class Worker:
    """A loaded model, which turns inputs into rows.

    Args:
        setup: what to make it with.

    Attributes:
        sha256: that of the weights' file, if known.
        shape: that of the vectors so far; None if there are none.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._predictor = setup.predictor()
        self._weights, self.sha256 = trace(self._predictor.weights)
        self.shape: tuple[int, ...] | None = None

    def row(self, result: Result | Failure) -> Row:
        """The row of a result.

        Raises:
            RayError: it is a map of another size than those before.
        """
        if not self._setup.embeds:
            return predicted(result)
        if not isinstance(result, Failure):
            shape = tuple(result.vector.shape)  # type: ignore[attr-defined]  # an Embedding
            self.shape = same_shape(self.shape, shape)
        return embedded(result)

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Rows as typed columns."""
        return table_of(rows, self._predictor.task, self._setup.embeds)

    def rows(self, piece: Piece) -> Iterator[Row]:
        """The results of a piece's inputs, in order.

        Raises:
            InputError: what holds the inputs cannot be read, or not to its end.
        """
        inputs = piece.inputs()
        # What is read from one file is in memory, so only so much of it at a time.
        while chunk := list(islice(inputs, CHUNK * self._predictor.batch_size)):
            yield from self.rows_of(chunk)

    def rows_of(self, inputs: list[Input | Failure]) -> list[Row]:
        """The results of inputs, in order."""
        return [self.row(result) for result in self._predictor.stream(inputs)]

    def all_rows(self, piece: Piece) -> list[Row]:
        """The results of a piece's inputs. What cannot be read is tried again before it is a row.

        Where a file of many inputs breaks off, that is one row with the error, at the end.
        """
        rows: list[Row] = []
        for pause in (*_PAUSES, None):
            rows.clear()
            try:
                for row in self.rows(piece):
                    rows.append(row)  # they are kept if the rest breaks off
                break
            except InputError as error:
                if pause is None:
                    rows.append(self.row(Failure(error.source, error)))
                else:
                    time.sleep(pause)
        return rows

    def facts(self) -> dict[str, Any]:
        """What a Parquet file says of all its rows; of embeddings as files of hub-embed do."""
        if self._setup.embeds:
            if self.shape is None:
                return {"embedding": 1}
            from hub_embed.making import origin_of

            dtype = self._setup.options.get("dtype", "float32")
            origin = origin_of(self._predictor, self._setup.model, self.shape, dtype)  # type: ignore[arg-type]  # it is an Embedder
            return {"embedding": 1, "origin": asdict(origin)}
        return {
            "prediction": 1,
            "model": str(self._setup.model),
            "weights": self._weights,
            "sha256": self.sha256,
            "task": self._predictor.task,
        }


def same_shape(one: tuple[int, ...] | None, other: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of vectors, all of which are to have the same.

    Raises:
        RayError: they differ.
    """
    if one is not None and one != other:
        raise RayError(
            f"Maps of different sizes do not fit in one table: {one} and {other}. Leave out "
            "spatial, or embed images of one size."
        )
    return other


_workers: dict[str, Worker] = {}  # of the last job that this process took part in


def do_piece(job: str, setup: Setup, piece: Piece, folder: Path, index: int, format: str) -> Done:
    """Does a piece, and writes its file. This is what runs in the processes of the cluster.

    Args:
        job: the job's digest: a process keeps its model for the next piece of it.
        setup, piece: what to do.
        folder: the job's folder, which all machines see at the same path.
        index: the piece's.
        format: of the file.

    Raises:
        HubError: the job cannot be done; one that can be sent to another process.
    """
    try:
        node = socket.gethostname()
        if not (folder / JOB).exists():
            raise RayError(
                f"The machine {node} does not see {folder}: the results must go to a folder that "
                "all machines of the cluster have at the same path."
            )
        if job not in _workers:
            _workers.clear()
            _workers[job] = Worker(setup)
        worker = _workers[job]
        rows = worker.all_rows(piece)
        try:
            path = part_path(folder, index, format)
            counts = Counts(len(rows), sum(row["error"] is not None for row in rows), worker.shape)
            facts = {**worker.facts(), **counts._asdict()}
            write_part(path, rows, worker.table(rows), facts)
        except OSError as error:
            reason = error.strerror or error
            raise RayError(f"{node} cannot write {path}: {reason}") from error
        failures = ((row["input"], row["error"]) for row in rows if row["error"] is not None)
        return Done(*counts, tuple(islice(failures, _NAMED)), worker.sha256, node)
    except HubError as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise RayError(str(error)) from None
        raise
