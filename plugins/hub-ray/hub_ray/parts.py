"""Parts: the files of a job's results, one a piece. Those that are there are done."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hubcore.atomic_write import atomic_write

from .errors import RayError
from .rows import Row

__all__ = ["Counts", "counts_of", "indexes", "part_path", "remove_leftovers", "write_part"]

_PART = re.compile(r"part-(\d{8})\.(parquet|jsonl)")
_LEFT = re.compile(r"\.\d+-[0-9a-f]{16}\.tmp")
"""What `atomic_write` leaves where its process is killed."""


class Counts(NamedTuple):
    """What is in a part.

    Attributes:
        inputs: its rows.
        failed: those of them with an error.
        shape: that of its vectors; None if it has none.
    """

    inputs: int
    failed: int
    shape: tuple[int, ...] | None = None


def part_path(folder: Path, index: int, format: str) -> Path:
    """The file of a piece."""
    return folder / f"part-{index:08d}.{format}"


def indexes(folder: Path, format: str) -> set[int]:
    """The pieces whose files are there."""
    found = (_PART.fullmatch(path.name) for path in folder.iterdir())
    return {int(one[1]) for one in found if one and one[2] == format}


def remove_leftovers(folder: Path) -> None:
    """Removes what processes that were killed had begun to write. No other job may be running."""
    for path in folder.iterdir():
        if _LEFT.fullmatch(path.name):
            path.unlink(missing_ok=True)


def write_part(path: Path, rows: Sequence[Row], table: pa.Table, facts: Mapping[str, Any]) -> None:
    """Writes the rows of a piece to its file, completely or not at all.

    Args:
        path: from `part_path`; how it ends is the format.
        rows: the rows, in order.
        table: the same rows as typed columns.
        facts: what a Parquet file's meta-data say of all rows.

    Raises:
        OSError: it cannot be written.
    """
    with atomic_write(path) as temporary:
        if path.suffix == ".jsonl":
            with temporary.open("w", encoding="utf-8") as file:
                for row in rows:
                    file.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
        else:
            metadata = {b"hubcore": json.dumps(dict(facts)).encode()}
            pq.write_table(table.replace_schema_metadata(metadata), temporary)


def counts_of(path: Path) -> Counts:
    """What is in a part that is there.

    Raises:
        RayError: it is no such part.
    """
    try:
        if path.suffix == ".jsonl":
            with path.open(encoding="utf-8") as file:
                errors = [json.loads(line)["error"] for line in file]
            return Counts(len(errors), sum(error is not None for error in errors))
        facts = json.loads(pq.read_metadata(path).metadata[b"hubcore"])
        shape = facts.get("shape")
        return Counts(facts["inputs"], facts["failed"], shape and tuple(shape))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise RayError(
            f"{path} is not what this job wrote ({type(error).__name__}). Remove it: the job makes "
            "it again."
        ) from error


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
