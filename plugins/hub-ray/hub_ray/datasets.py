"""`predict` and `embed`: Ray `Dataset`s of what a model of the hub finds."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hubcore.prediction import Failure, InputError
from hubcore.prediction.executors import Job
from hubcore.prediction.inputs import ImageInput, Input

from .addresses import RemoteFile, is_address
from .cluster import connect, processes_for
from .errors import RayError
from .jobs import gpus_of, planned, run
from .pieces import rounded
from .shards import contents_of, image_column
from .work import Setup, Worker

if TYPE_CHECKING:
    from ray.data import Dataset

__all__ = ["dataset_of"]

_ROWS = 64
"""Rows of a block that are predicted before they are passed on; more, where batches are larger."""
_OF_JOB = {one.name for one in fields(Job)} - {"options"}
_OURS = ("width", "height", "annotations", "vector", "error")


def dataset_of(
    inputs: Any,
    model: str | Path,
    embeds: bool,
    *,
    output: str | Path | None = None,
    **arguments: Any,
) -> Dataset:
    """See `hub_ray.predict`. The arguments are those of a `Job`, and options."""
    import ray.data

    is_dataset = isinstance(inputs, ray.data.Dataset)
    if is_dataset and output is not None:
        raise RayError(
            "A Dataset is not listed, so a job with it could not go on where it was: leave out "
            "output, and call write_parquet of the Dataset that is returned."
        )
    one = isinstance(inputs, str | os.PathLike | tuple)
    several: tuple[Any, ...] = () if is_dataset else (inputs,) if one else tuple(inputs)
    of_job = {name: arguments.pop(name) for name in _OF_JOB & {*arguments}}
    job = Job(os.fspath(model), several, Path(output or ""), **of_job, options=arguments)
    if output is not None:
        connect()  # here, so that it stays
        run(job, embeds, lambda done, pieces: None)
        paths = [str(path) for path in sorted(job.output.absolute().glob(f"part-*.{job.format}"))]
        read = ray.data.read_parquet if job.format == "parquet" else ray.data.read_json
        return read(paths)
    plan, setup = planned(job, embeds, listed=not is_dataset)
    connect()
    gpus = gpus_of(job)
    # Actors keep their processors: with all of them taken, nothing would ever read the Dataset.
    reading = 1 if is_dataset else 0
    size = processes_for(job.processes, job.cpus, gpus, reading)
    resources: dict[str, Any] = {
        "compute": ray.data.ActorPoolStrategy(size=size),
        "num_cpus": job.cpus,
        "num_gpus": gpus,
        "batch_format": "pyarrow",
    }
    constructor = {"setup": setup, "threads": job.cpus}
    if is_dataset:
        found: Dataset = inputs.map_batches(
            _OfRows,
            # Block by block: Ray then reads in the actors themselves where these have one
            # processor each, and else gives a block to an actor of the node that read it.
            batch_size=None,
            fn_constructor_kwargs={
                **constructor,
                "column": job.column,
                "rows": rounded(_ROWS, job.options.get("batch_size")),
            },
            **resources,
        )
        return found
    pieces = [{"piece": pickle.dumps(piece)} for piece in plan.pieces]
    made = ray.data.from_items(pieces, override_num_blocks=len(pieces))
    return made.map_batches(_OfPieces, batch_size=1, fn_constructor_kwargs=constructor, **resources)


class _OfPieces:
    """Turns pieces into rows, in an actor."""

    def __init__(self, setup: Setup, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)  # Ray allows one for each processor of the node
        self._worker = Worker(setup)

    def __call__(self, table: pa.Table) -> Iterator[pa.Table]:
        for piece in table.column("piece"):
            yield self._worker.table(self._worker.all_rows(pickle.loads(piece.as_py())))


class _OfRows:
    """Turns rows with images into these rows without them, but with what was found."""

    def __init__(self, setup: Setup, threads: int, column: str | None, rows: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._worker, self._column, self._rows = Worker(setup), column, rows

    def __call__(self, block: pa.Table) -> Iterator[pa.Table]:
        for start in range(0, len(block), self._rows):
            yield self._found(block.slice(start, self._rows))

    def _found(self, table: pa.Table) -> pa.Table:
        column, inputs = self._inputs(table)
        taken = [name for name in table.column_names if name in _OURS and name != column]
        if taken:
            raise RayError(f"The Dataset has a column '{taken[0]}' of its own: rename it.")
        found = self._worker.table(self._worker.rows_of(inputs)).drop_columns(["input"])
        kept = table.drop_columns([column])
        for name in found.column_names:
            kept = kept.append_column(name, found.column(name))
        return kept

    def _inputs(self, table: pa.Table) -> tuple[str, list[Input | Failure]]:
        """The column of images, and what is in it: encoded images, or their addresses or paths."""
        wanted = self._column
        if wanted is not None and wanted in table.column_names:
            column = table.column(wanted)
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                return wanted, [_named(name) for name in column.to_pylist()]
        name = image_column(table.schema, wanted, "The Dataset")
        return name, [_image(content) for content in contents_of(table.column(name))]


def _named(name: str | None) -> Input | Failure:
    if name is None:
        return _image(None)
    return ImageInput(name, RemoteFile(name) if is_address(name) else Path(name))


def _image(content: bytes | None) -> Input | Failure:
    if content is None:
        return Failure("a row", InputError("a row", "is empty: it has no image"))
    return ImageInput("a row", content)
