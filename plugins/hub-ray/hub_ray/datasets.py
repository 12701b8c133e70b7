"""`predict` and `embed`: Ray `Dataset`s of what a model of the hub finds."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
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
"""Rows of a Dataset that an actor is given at a time; more, where batches are larger."""
_OURS = ("width", "height", "annotations", "vector", "error")


def dataset_of(
    inputs: Any,
    model: str | Path,
    embeds: bool,
    *,
    weights: Any = "DEFAULT",
    output: str | Path | None = None,
    format: str = "parquet",
    processes: int | None = None,
    cpus: int = 1,
    gpus: float | None = None,
    column: str | None = None,
    **options: Any,
) -> Dataset:
    """See `hub_ray.predict` and `hub_ray.embed`."""
    import ray.data

    is_dataset = isinstance(inputs, ray.data.Dataset)
    if is_dataset and output is not None:
        raise RayError(
            "A Dataset is not listed, so a job with it could not go on where it was: leave out "
            "output, and call write_parquet of the Dataset that is returned."
        )
    one = isinstance(inputs, str | os.PathLike | tuple)
    several: tuple[Any, ...] = () if is_dataset else (inputs,) if one else tuple(inputs)
    job = Job(
        model=os.fspath(model),
        inputs=several,
        output=Path(output or ""),
        weights=weights,
        format=format,
        processes=processes,
        cpus=cpus,
        gpus=gpus,
        column=column,
        options=options,
    )
    if output is not None:
        connect()  # here, so that it stays
        run(job, embeds, lambda done, pieces: None)
        paths = [str(path) for path in sorted(job.output.absolute().glob(f"part-*.{format}"))]
        read = ray.data.read_parquet if format == "parquet" else ray.data.read_json
        return read(paths)
    plan, setup = planned(job, embeds, listed=not is_dataset)
    connect()
    gpus = gpus_of(job)
    # Actors keep their processors: with all of them taken, nothing would ever read the Dataset.
    reading = 1 if is_dataset else 0
    actors = ray.data.ActorPoolStrategy(size=processes_for(processes, cpus, gpus, reading))
    resources: dict[str, Any] = {
        "compute": actors,
        "num_cpus": cpus,
        "num_gpus": gpus,
        "batch_format": "pyarrow",
    }
    constructor = {"setup": setup, "threads": cpus}
    if is_dataset:
        found: Dataset = inputs.map_batches(
            _OfRows,
            batch_size=rounded(_ROWS, options.get("batch_size")),
            fn_constructor_kwargs={**constructor, "column": column},
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

    def __init__(self, setup: Setup, threads: int, column: str | None) -> None:
        import torch

        torch.set_num_threads(threads)
        self._worker, self._column = Worker(setup), column

    def __call__(self, table: pa.Table) -> pa.Table:
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
