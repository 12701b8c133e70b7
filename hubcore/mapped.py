"""Maps a checkpoint: the common kind (one dictionary of plain tensors) by a short cut.

`torch.load` spends 60 microseconds of Python on each tensor, half of a small model's load. The
checkpoint's pickle is read here by the standard library's unpickler instead, for which no name
exists but those below. None of them does anything: what comes out is a table of where each tensor
lies. Whatever else a file holds is left to ``torch.load(weights_only=True)``.
"""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import torch

__all__ = ["map_tensors"]

_DTYPES = {
    "BFloat16Storage": torch.bfloat16,
    "BoolStorage": torch.bool,
    "ByteStorage": torch.uint8,
    "CharStorage": torch.int8,
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "IntStorage": torch.int32,
    "LongStorage": torch.int64,
    "ShortStorage": torch.int16,
}


def map_tensors(path: Path) -> dict[str, Any] | None:
    """The state dict in a file of `torch.save`, its tensors mapped from the file.

    The mapping is private: writing to a tensor does not change the file.

    Returns:
        The dictionary as it was saved, ``_metadata`` included. None if the file holds anything
        but named plain tensors, or cannot be read this way; that says nothing about its health.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            records = {info.filename: info for info in archive.infolist()}
            pickled = next(name for name in records if name.endswith("/data.pkl"))
            folder = pickled.removesuffix("data.pkl")
            byteorder = records.get(f"{folder}byteorder")
            if byteorder and archive.read(byteorder).decode() != sys.byteorder:
                return None
            result = _Reader(io.BytesIO(archive.read(pickled))).load()
            if not isinstance(result, dict) or not all(
                type(key) is str and type(value) is _Tensor for key, value in result.items()
            ):
                return None
            return _mapped(result, path, file, records, f"{folder}data/")
    except Exception:  # torch.load reads it, or says what is wrong with it
        return None


class _Tensor(NamedTuple):
    """Where a tensor lies: the record, and its place in it, in elements."""

    dtype: torch.dtype
    record: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Reads the table of tensors. Nothing that a pickle can name is able to do anything."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[torch.dtype, str]:
        kind, dtype, record, _location, _count = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise pickle.UnpicklingError(str(kind))
        return dtype, record

    def _tensor(
        self,
        storage: tuple[torch.dtype, str],
        offset: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        requires_grad: bool,
        hooks: Any,
        metadata: Any = None,
    ) -> _Tensor:
        if requires_grad or hooks or metadata:
            raise pickle.UnpicklingError("not a plain tensor")
        return _Tensor(*storage, offset, shape, strides)


def _mapped(
    table: dict[str, Any],
    path: Path,
    file: io.BufferedReader,
    records: dict[str, zipfile.ZipInfo],
    prefix: str,
) -> dict[str, Any]:
    whole = torch.UntypedStorage.from_file(str(path), False, path.stat().st_size)
    storages: dict[str, torch.UntypedStorage] = {}
    for key, (dtype, record, offset, shape, strides) in table.items():
        storage = storages.get(record)
        if storage is None:
            info = records[prefix + record]
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError("a compressed record cannot be mapped")
            # The record's own header has padding that the archive's directory does not mention.
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
            start = info.header_offset + 30
            start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
            storages[record] = storage = whole[start : start + info.file_size]
        tensor = torch.empty(0, dtype=dtype)
        table[key] = tensor.set_(storage, offset, shape, strides)
    return table
