"""Shards: files that hold many images. A tar file is a piece, and a row group of Parquet is one."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hubcore.download.addresses import redact
from hubcore.errors import OfflineError
from hubcore.prediction import Failure, InputError
from hubcore.prediction.folders import image_suffixes
from hubcore.prediction.inputs import ImageInput, Input

from .addresses import opened, reason_of
from .errors import RayError

__all__ = ["SUFFIXES", "RowGroup", "TarFile", "contents_of", "image_column", "row_groups"]

SUFFIXES = (".parquet", ".tar")
_AT_ONCE = 32
"""Rows of a Parquet file that are read at a time."""
_READERS = 16
"""Threads that read the ends of Parquet files, where their row groups are told."""


@dataclass(frozen=True)
class TarFile:
    """The images in a tar file, such as a WebDataset's shard, in its order.

    An image's name is that of the file, ``#`` and its own name in there.
    """

    address: str

    def names(self) -> Iterator[str]:
        yield self.address

    def inputs(self) -> Iterator[Input | Failure]:
        suffixes, shown = image_suffixes(), redact(self.address)
        empty = True
        try:
            # As a stream: only what is at hand is in memory.
            with opened(self.address) as file, tarfile.open(fileobj=file, mode="r|*") as tar:
                for member in tar:
                    name = member.name.rpartition("/")[2]
                    suffix = name[name.rfind(".") :].lower()
                    if not member.isfile() or name.startswith(".") or suffix not in suffixes:
                        continue
                    empty = False
                    content = tar.extractfile(member)
                    assert content is not None  # it is a file
                    yield ImageInput(f"{shown}#{member.name}", content.read())
        except (tarfile.TarError, EOFError) as error:
            raise InputError(shown, f"is no whole tar file: {error}") from error
        except Exception as error:  # each file system has errors of its own
            raise InputError(shown, f"cannot be read: {reason_of(error, self.address)}") from error
        if empty:
            yield _failure(shown, "holds no images")


@dataclass(frozen=True)
class RowGroup:
    """The images in a row group of a Parquet file.

    An image's name is that of the file, ``#`` and the number of its row.

    Attributes:
        address: the file.
        number: the row group's.
        first: the number of its first row.
        column: where the images are; None: the only column that can hold them.
    """

    address: str
    number: int
    first: int
    column: str | None

    def names(self) -> Iterator[str]:
        yield f"{self.address}#{self.first} {self.column or ''}"

    def inputs(self) -> Iterator[Input | Failure]:
        shown, row = redact(self.address), self.first
        try:
            with opened(self.address) as file, pq.ParquetFile(file) as parquet:
                column = image_column(parquet.schema_arrow, self.column, shown)
                batches = parquet.iter_batches(_AT_ONCE, row_groups=[self.number], columns=[column])
                for batch in batches:
                    for content in contents_of(batch.column(0)):
                        name = f"{shown}#{row}"
                        row += 1
                        if content is None:
                            yield _failure(name, "is empty: the row has no image")
                        else:
                            yield ImageInput(name, content)
        except Exception as error:  # Arrow's, or the file system's
            reason = reason_of(error, self.address)
            raise InputError(shown, f"cannot be read as Parquet: {reason}") from error


def row_groups(addresses: Sequence[str], column: str | None) -> list[RowGroup | Failure]:
    """The row groups of Parquet files, in order. Only the ends of the files are read.

    Raises:
        RayError: a file has no column of images, or several.
    """

    def of(address: str) -> list[RowGroup | Failure]:
        shown = redact(address)
        try:
            with opened(address) as file, pq.ParquetFile(file) as parquet:
                chosen = image_column(parquet.schema_arrow, column, shown)
                groups: list[RowGroup | Failure] = []
                first = 0
                for number in range(parquet.metadata.num_row_groups):
                    groups.append(RowGroup(address, number, first, chosen))
                    first += parquet.metadata.row_group(number).num_rows
                return groups or [_failure(shown, "has no rows")]
        except (RayError, OfflineError):
            raise
        except Exception as error:
            reason = reason_of(error, address)
            return [_failure(shown, f"cannot be read as Parquet: {reason}")]

    with ThreadPoolExecutor(_READERS, thread_name_prefix="hub-ray") as pool:
        return [group for groups in pool.map(of, addresses) for group in groups]


def image_column(schema: pa.Schema, wanted: str | None, where: str) -> str:
    """The column that holds encoded images: bytes, or structs with ``bytes``, as Hugging Face's.

    Raises:
        RayError: there is none, or several and none is wanted.
    """
    can: list[str] = [field.name for field in schema if _holds_bytes(field.type)]
    if wanted is not None:
        if wanted in can:
            return wanted
        kind = f"holds {schema.field(wanted).type}" if wanted in schema.names else "is not there"
        raise RayError(f"{where}: the column '{wanted}' {kind}; encoded images are in {_or(can)}.")
    if len(can) != 1:
        what = "several columns may hold images" if can else "no column holds encoded images"
        raise RayError(f"{where}: {what}: {_or(can or schema.names)}. Name one as column.")
    return can[0]


def contents_of(column: Any) -> Iterator[bytes | None]:
    """The encoded images in a column, row by row; None where there is none."""
    for value in column:
        content = value["bytes"] if value.is_valid and pa.types.is_struct(value.type) else value
        yield content.as_py() if content.is_valid else None


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _holds_bytes(kind.field(place).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _or(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"


def _failure(name: str, reason: str) -> Failure:
    return Failure(name, InputError(name, reason))
