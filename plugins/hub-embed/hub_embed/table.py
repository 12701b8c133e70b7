"""`EmbeddingFile`: vectors, the names of their inputs and what made them, as Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from hubcore.atomic_write import atomic_write
from hubcore.devices import refuse_special
from hubcore.embedding import EmbeddingError

__all__ = ["EmbeddingFile", "Origin", "UnlikeError"]

_KEY = b"hubcore"
_FORMAT = 1

Vectors = npt.NDArray[np.float32]


class UnlikeError(EmbeddingError):
    """Vectors of different weights, layers or preprocessing: they cannot be compared."""


@dataclass(frozen=True)
class Origin:
    """What vectors were made with. Two vectors can be compared if it is equal.

    Attributes:
        model: the model's canonical name.
        weights: the canonical name of the weights.
        sha256: the SHA-256 of their file, 64 hex digits; "" if it is not known.
        layer: where the vectors come from, see `hubcore.embedding.Embedder`.
        shape: of one vector, (C,), or of one map, (C, H, W).
        preprocessing: the preprocessing's name and its settings.
        dtype: the number format that the model computed in.
    """

    model: str
    weights: str
    sha256: str
    layer: str
    shape: tuple[int, ...]
    preprocessing: dict[str, Any]
    dtype: str = "float32"

    def require_like(self, other: Origin, what: str) -> None:
        """Raises an error that names what differs.

        Args:
            other: that of the vectors to add or to compare.
            what: what is refused, for the message.

        Raises:
            UnlikeError: they differ.
        """
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine != theirs:
                raise UnlikeError(
                    f"{what}: the {field.name} differs, {_shown(mine)} and {_shown(theirs)}. "
                    "Vectors can be compared only if they were made alike."
                )


class EmbeddingFile:
    """Vectors and the names of their inputs.

    Attributes:
        origin: what they were made with.
        inputs: the names of the inputs, such as paths.
        vectors: float32, (N, C), or (N, C * H * W) for maps.
    """

    def __init__(self, origin: Origin, inputs: Sequence[str], vectors: Vectors) -> None:
        self.origin, self.inputs, self.vectors = origin, list(inputs), vectors

    def __len__(self) -> int:
        return len(self.inputs)

    @classmethod
    def read(cls, path: str | Path) -> EmbeddingFile:
        """Reads a file, or the folder of files that ``hub embed --executor`` wrote.

        Raises:
            EmbeddingError: it is none that hub embed wrote, is damaged or not finished.
        """
        if Path(path).is_dir():
            return cls._read_folder(Path(path))
        try:
            refuse_special(Path(path))
            table = pq.read_table(path)
            facts = json.loads((table.schema.metadata or {})[_KEY])
            if facts["embedding"] != _FORMAT:
                raise EmbeddingError(
                    f"{path} is in format {facts['embedding']}, and this hub-embed reads format "
                    f"{_FORMAT}: upgrade hub-embed."
                )
            origin = Origin(**{**facts["origin"], "shape": tuple(facts["origin"]["shape"])})
            inputs = table.column("input").to_pylist()
            column = table.column("vector").combine_chunks()
            flat = column.flatten().to_numpy(zero_copy_only=False)
            return cls(origin, inputs, flat.astype(np.float32).reshape(len(inputs), -1))
        except FileNotFoundError:
            raise EmbeddingError(f"There is no file {path}.") from None
        except OSError as error:
            raise EmbeddingError(f"{path} cannot be read: {error.strerror or error}.") from error
        except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            if isinstance(error, EmbeddingError):
                raise
            raise EmbeddingError(
                f"{path} is no whole file of embeddings. Make one: hub embed MODEL photos/ -o FILE"
            ) from error

    @classmethod
    def _read_folder(cls, folder: Path) -> EmbeddingFile:
        """All parts of a job, without the inputs that could not be embedded."""
        parts = sorted(folder.glob("part-*.parquet"))
        try:
            pieces = json.loads((folder / "_job.json").read_text("utf-8"))["pieces"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EmbeddingError(f"{folder} is a folder, and no job of hub embed's.") from error
        if len(parts) != pieces:
            raise EmbeddingError(
                f"The job in {folder} is not finished: {len(parts)} of {pieces} parts are there. "
                "Its command goes on where it was."
            )
        found = [one for part in parts if (one := cls._read_part(part)) is not None]
        if not found:
            raise EmbeddingError(f"{folder} holds no vectors: no input could be embedded.")
        for other in found[1:]:
            found[0].origin.require_like(other.origin, f"The files in {folder} do not go together")
        names = [name for one in found for name in one.inputs]
        return cls(found[0].origin, names, np.concatenate([one.vectors for one in found]))

    @classmethod
    def _read_part(cls, part: Path) -> EmbeddingFile | None:
        """A part of a job; None if nothing in it could be embedded."""
        try:
            table = pq.read_table(part)
            table = table.filter(table.column("vector").is_valid())
            facts = json.loads((table.schema.metadata or {})[_KEY])
            if not len(table):
                return None
            origin = Origin(**{**facts["origin"], "shape": tuple(facts["origin"]["shape"])})
            vectors = table.column("vector").combine_chunks().flatten().to_numpy()
            inputs = table.column("input").to_pylist()
            return cls(origin, inputs, vectors.reshape(len(inputs), -1))
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise EmbeddingError(
                f"{part} is no whole file of embeddings. Remove it: the job's command makes it "
                "again."
            ) from error

    def write(self, path: str | Path) -> None:
        """Writes the file completely or not at all.

        Raises:
            EmbeddingError: it cannot be written.
        """
        facts = json.dumps({"embedding": _FORMAT, "origin": asdict(self.origin)})
        width = self.vectors.shape[1]
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(self.vectors.reshape(-1)), width)
        table = pa.table({"input": pa.array(self.inputs, pa.string()), "vector": vectors})
        table = table.replace_schema_metadata({_KEY: facts.encode()})
        try:
            with atomic_write(Path(path)) as temporary:
                pq.write_table(table, temporary)
        except OSError as error:
            raise EmbeddingError(f"Cannot write {path}: {error.strerror or error}.") from error

    def extended(self, other: EmbeddingFile) -> EmbeddingFile:
        """These vectors, and those of the other file whose inputs are not here yet.

        Raises:
            UnlikeError: they were made differently.
        """
        self.origin.require_like(other.origin, "These embeddings cannot be added")
        known = set(self.inputs)
        fresh = [row for row, name in enumerate(other.inputs) if name not in known]
        vectors = np.concatenate([self.vectors, other.vectors[fresh]])
        return EmbeddingFile(
            self.origin, [*self.inputs, *(other.inputs[r] for r in fresh)], vectors
        )

    def nearest(self, vector: Vectors, count: int = 5) -> list[tuple[int, float]]:
        """The rows most like a vector, the most alike first.

        Args:
            vector: float32, (C,).
            count: how many, at most.

        Returns:
            Pairs (row, cosine of the angle, in [-1, 1]). Equal ones are in the order of the rows.
        """
        near = _unit(self.vectors) @ _unit(vector[None])[0]
        order = np.argsort(-near, kind="stable")[:count]
        return [(int(row), float(near[row])) for row in order]

    def duplicates(self, at_least: float = 0.9) -> list[list[int]]:
        """Groups of rows each of which is as much like another one of the group.

        Args:
            at_least: the cosine of the angle from which two count as the same, in [-1, 1].

        Returns:
            Groups of two rows or more, each in order.
        """
        units, parents = _unit(self.vectors), list(range(len(self)))

        def root(row: int) -> int:
            while parents[row] != row:
                parents[row] = row = parents[parents[row]]
            return row

        step = 1024  # rows at a time, so that memory stays bounded
        for start in range(0, len(self), step):
            near = units[start : start + step] @ units[start:].T
            for first, second in np.argwhere(near >= at_least):
                if first < second:
                    one, two = root(start + int(first)), root(start + int(second))
                    parents[max(one, two)] = min(one, two)
        groups: dict[int, list[int]] = {}
        for row in range(len(self)):
            groups.setdefault(root(row), []).append(row)
        return [group for group in groups.values() if len(group) > 1]


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Vectors = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return made


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
