"""Pieces: what a job's inputs are cut into. Each is done by one process at a time, as a whole."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from hubcore.catalogs.tasks import task_facts
from hubcore.download.addresses import redact
from hubcore.prediction import Failure, InputError
from hubcore.prediction.expansion import expand
from hubcore.prediction.folders import image_suffixes, natural
from hubcore.prediction.inputs import (
    ClipInput,
    ImageInput,
    ImagesInput,
    Input,
    PairInput,
    PointsInput,
    PromptedInput,
)

from .addresses import RemoteFile, is_address, listed
from .errors import RayError
from .shards import SUFFIXES, RowGroup, TarFile, row_groups

__all__ = ["Files", "Piece", "cut", "pieces_of", "rounded"]

LEAST, MOST = 64, 4096
"""Files of a piece: few enough to lose, enough that a job has no more than some thousand pieces
for every ten million files."""
AIM = 4096
"""Pieces of a job, if these bounds allow."""


class Piece(Protocol):
    """Some inputs in a row. It can be pickled, and is small: addresses, not what is there."""

    def names(self) -> Iterable[str]:
        """What tells this piece from others: the names of the inputs, or of what holds them."""

    def inputs(self) -> Iterator[Input | Failure]:
        """The inputs, read as far as they are taken.

        Raises:
            InputError: what holds them cannot be read, or not to its end.
        """


@dataclass(frozen=True)
class Files:
    """Inputs that are files each, or folders of frames."""

    items: tuple[Input | Failure, ...]

    def names(self) -> Iterator[str]:
        for item in self.items:
            yield item.source if isinstance(item, Failure) else item.name

    def inputs(self) -> Iterator[Input | Failure]:
        yield from self.items


def pieces_of(
    inputs: Sequence[Any], task: str, batch_size: int | None, column: str | None = None
) -> list[Piece]:
    """Lists inputs, and cuts them.

    Args:
        inputs: paths of files, folders and globs; for tasks that take images also addresses of
            these, and Parquet or tar files of images; for tasks that take two images or sets, also
            tuples of paths.
        task: the task, which decides the kind of the inputs.
        batch_size: the inputs of a batch, if it is known: pieces are cut between batches.
        column: the column of Parquet files that holds the images.

    Raises:
        RayError: an input is no path, or Parquet files have no such column.
        InputError: there is nothing that could be used.
    """
    facts = task_facts(task)
    kind = facts.input if facts else "image"
    for one in inputs:
        _require_paths(one, kind)
    listed = _images(inputs, task) if kind == "image" else map(_absolute, expand([*inputs], task))
    items = list(_with_row_groups(listed, column))
    failures = [one for one in items if isinstance(one, Failure)]
    if len(failures) == len(items):
        raise failures[0].error if failures else RayError("There are no inputs.")
    pieces: list[Piece] = []
    files: list[Input | Failure] = []
    for item in items:
        if isinstance(item, TarFile | RowGroup):
            pieces += [*cut(files, batch_size), item]
            files.clear()
        else:
            files.append(item)
    return [*pieces, *cut(files, batch_size)]


def _images(inputs: Sequence[Any], task: str) -> Iterator[Input | Failure | TarFile | _Parquet]:
    """Images and shards, at paths and at addresses."""
    suffixes = image_suffixes() | {*SUFFIXES}
    for one in inputs:
        if is_address(one):
            try:
                addresses = listed(one, suffixes)
            except InputError as error:
                yield Failure(error.source, error)
                continue
            for address in addresses:
                yield _shard(address) or ImageInput(redact(address), RemoteFile(address))
            continue
        inside = _shards_in(one)
        yield from inside
        for item in map(_absolute, expand([one], task) if not inside else ()):
            path = item.content if isinstance(item, ImageInput) else None
            yield (_shard(str(path)) if isinstance(path, Path) else None) or item


def _shards_in(folder: str | os.PathLike[str]) -> list[TarFile | _Parquet]:
    """The shards in a folder that has no images."""
    try:
        paths = [path for path in Path(folder).expanduser().iterdir() if path.name[:1] != "."]
    except (OSError, RuntimeError, ValueError):  # no folder, or no possible name
        return []
    if any(path.suffix.lower() in image_suffixes() for path in paths):
        return []
    found = (_shard(str(path.absolute())) for path in sorted(paths, key=natural))
    return [one for one in found if one is not None]


class _Parquet(NamedTuple):
    """A Parquet file whose row groups are not known yet."""

    address: str


def _shard(address: str) -> TarFile | _Parquet | None:
    suffix = PurePosixPath(address.partition("?")[0] if is_address(address) else address).suffix
    if suffix.lower() == ".tar":
        return TarFile(address)
    return _Parquet(address) if suffix.lower() == ".parquet" else None


def _with_row_groups(
    items: Iterable[Input | Failure | TarFile | _Parquet], column: str | None
) -> Iterator[Input | Failure | TarFile | RowGroup]:
    """Several Parquet files in a row are asked at once for their row groups."""
    parquet: list[str] = []
    for item in items:
        if isinstance(item, _Parquet):
            parquet.append(item.address)
            continue
        yield from row_groups(parquet, column)
        parquet.clear()
        yield item
    yield from row_groups(parquet, column)


def cut(items: Sequence[Input | Failure], batch_size: int | None) -> Iterator[Files]:
    """Cuts inputs between batches, so that every batch is what it would be in one process.

    It depends on nothing but the inputs and the batch size: with another number of processes a job
    goes on with the same pieces.
    """
    size = rounded(min(max(LEAST, math.ceil(len(items) / AIM)), MOST), batch_size)
    starts = [*range(0, len(items), size)]
    if len(starts) > 1 and len(items) - starts[-1] < size // 2:
        starts.pop()  # the last takes what would be short
    for start, end in pairwise([*starts, len(items)]):
        yield Files(tuple(items[start:end]))


def rounded(size: int, batch_size: int | None) -> int:
    """A number of inputs, made larger so that they are whole batches."""
    unit = math.lcm(batch_size or 1, 16)  # the default batches are 1, 4 and 16
    return math.ceil(size / unit) * unit


def _require_paths(one: Any, kind: str) -> None:
    parts = one if isinstance(one, tuple) and kind in ("pair", "images") else (one,)
    for part in parts:
        if not isinstance(part, str | os.PathLike):
            raise RayError(
                f"A job's inputs are paths, not a {type(part).__name__}: what is in memory is "
                "predicted by hubcore.predict."
            )


def _absolute(item: Input | Failure) -> Input | Failure:
    """The input with the whole path: other processes are in other folders. Its name stays."""
    if isinstance(item, ImageInput | ClipInput | PointsInput) and isinstance(item.content, Path):
        return replace(item, content=item.content.absolute())
    if isinstance(item, PairInput):
        return replace(item, first=_absolute(item.first), second=_absolute(item.second))  # type: ignore[arg-type]  # images stay images
    if isinstance(item, ImagesInput):
        return replace(item, images=tuple(map(_absolute, item.images)))  # type: ignore[arg-type]  # likewise
    if isinstance(item, PromptedInput):
        return replace(item, image=_absolute(item.image))  # type: ignore[arg-type]  # likewise
    return item
