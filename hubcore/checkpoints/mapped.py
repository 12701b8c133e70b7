"""Memory-maps the common kind of checkpoint, a state dict as `torch.save` writes it, quickly.

`torch.load` spends 60 microseconds of Python on each tensor, half of the time that a small model
takes to load. Here the standard library's unpickler reads the checkpoint's pickle instead. It knows
only the names below, none of which runs code from the file, and gives a table of where each tensor
is. All other files are left to ``torch.load(weights_only=True)``.
"""

from __future__ import annotations

import io
import mmap
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import torch

from .archives import BoundedFile, records_of
from .pickles import check_pickle

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
    "QInt8Storage": torch.qint8,
    "QUInt8Storage": torch.quint8,
    "ShortStorage": torch.int16,
}
_CONSTANTS = {
    "per_channel_affine": torch.per_channel_affine,
    "per_tensor_affine": torch.per_tensor_affine,
    "qint8": torch.qint8,
    "quint8": torch.quint8,
}
# Of a record's name and of what follows it.
_LENGTHS = struct.Struct("<HH").unpack_from
# Digests of the tables that passed the check: it takes longer than to hash them.
_passed: set[bytes] = set()


def map_tensors(path: Path) -> dict[str, Any] | None:
    """Reads a state dict that `torch.save` wrote, with its tensors mapped from the file.

    The mapping is private: writing to a tensor does not change the file.

    Args:
        path: the file.

    Returns:
        The dictionary as it was saved, including ``_metadata``. None if the file holds anything
        but a state dict or cannot be read this way; the file may still be sound.
    """
    try:
        with BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            records = records_of(archive)
            pickled = next(name for name in records if name.endswith("/data.pkl"))
            folder = pickled.removesuffix("data.pkl")
            byteorder = records.get(f"{folder}byteorder")
            if byteorder and archive.read(byteorder).decode() != sys.byteorder:
                return None
            if records[pickled].compress_type != zipfile.ZIP_STORED:
                return None
            table = archive.read(pickled)
            _check_once(table)
            result = _Reader(io.BytesIO(table)).load()
            if not isinstance(result, dict) or not all(type(key) is str for key in result):
                return None
            mapping = _Mapping(path, file, records, f"{folder}data/")
            for key, value in result.items():
                result[key] = mapping.realised(value)
            return result
    except Exception:  # torch.load reads it, or reports what is wrong with it
        return None


def _check_once(table: bytes) -> None:
    """Checks a table of tensors, unless the same bytes passed before in this process."""
    digest = sha256(table).digest()
    if digest not in _passed:
        check_pickle(table)
        _passed.add(digest)


class _Tensor(NamedTuple):
    """Where a tensor is: its record in the archive, and the offset in it, in elements."""

    dtype: torch.dtype
    record: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Quantized(NamedTuple):
    """A quantized tensor's integers, and its parameters for `torch._utils._rebuild_qtensor`."""

    integers: _Tensor
    parameters: tuple[Any, ...]


class _Parameter(NamedTuple):
    data: _Tensor
    requires_grad: bool


class _Reader(pickle.Unpickler):
    """Reads the table of tensors. No name that it accepts can run code from the file."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if module == "torch" and name in _CONSTANTS:
            return _CONSTANTS[name]
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        if (module, name) == ("torch._utils", "_rebuild_qtensor"):
            return self._quantized
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return self._parameter
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

    def _quantized(
        self,
        storage: tuple[torch.dtype, str],
        offset: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        parameters: tuple[Any, ...],
        requires_grad: bool,
        hooks: Any,
    ) -> _Quantized:
        tensor = self._tensor(storage, offset, shape, strides, requires_grad, hooks)
        return _Quantized(tensor, parameters)

    def _parameter(self, data: _Tensor, requires_grad: bool, hooks: Any) -> _Parameter:
        if hooks:
            raise pickle.UnpicklingError("not a plain parameter")
        return _Parameter(data, bool(requires_grad))


class _Mapping:
    """Makes tensors from the bytes of a mapped file."""

    def __init__(
        self, path: Path, file: io.FileIO, records: dict[str, zipfile.ZipInfo], folder: str
    ) -> None:
        self._whole = torch.UntypedStorage.from_file(str(path), False, path.stat().st_size)
        self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._records = records
        self._folder = folder
        self._storages: dict[str, torch.UntypedStorage] = {}
        # By identity, and with the value, so that no other value gets its identity.
        self._realised: dict[int, tuple[Any, Any]] = {}

    def realised(self, value: Any) -> Any:
        """Replaces the places in a value of the table by the tensors that are there.

        What was one object is one again: it would double with each tuple that shares tuples.
        """
        known = self._realised.get(id(value))
        if known is None:
            known = self._realised[id(value)] = (value, self._made(value))
        return known[1]

    def _made(self, value: Any) -> Any:
        if type(value) is _Tensor:
            tensor = torch.empty(0, dtype=value.dtype, device="cpu")  # in any context
            storage = self._storage(value.record)
            return tensor.set_(storage, value.offset, value.shape, value.strides)
        if type(value) is _Quantized:
            return self._quantized(*value)
        if type(value) is _Parameter:
            return torch.nn.Parameter(self.realised(value.data), value.requires_grad)
        if type(value) in (tuple, list):  # the packed parameters of a quantized layer
            return type(value)(self.realised(item) for item in value)
        if value is None or type(value) in (bool, int, float, str, torch.dtype, torch.qscheme):
            return value
        raise TypeError(f"{type(value)} is not what a state dict holds")

    def _quantized(self, integers: _Tensor, parameters: tuple[Any, ...]) -> torch.Tensor:
        storage = torch.storage.TypedStorage(  # type: ignore[no-untyped-call]
            wrap_storage=self._storage(integers.record), dtype=integers.dtype, _internal=True
        )
        place = integers.offset, integers.shape, integers.strides
        parameters = self.realised(parameters)
        rebuilt: torch.Tensor = torch._utils._rebuild_qtensor(  # type: ignore[no-untyped-call]
            storage, *place, parameters, False, OrderedDict()
        )
        return rebuilt

    def _storage(self, record: str) -> torch.UntypedStorage:
        storage = self._storages.get(record)
        if storage is None:
            info = self._records[self._folder + record]
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError("a compressed record cannot be mapped")
            # The record's own header may have padding that the archive's directory does not list.
            start = info.header_offset + 30 + sum(_LENGTHS(self._bytes, info.header_offset + 26))
            self._storages[record] = storage = self._whole[start : start + info.file_size]
        return storage
