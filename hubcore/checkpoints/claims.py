"""Looks at what a table of tensors claims, before `torch.load` believes it.

`torch.load` takes sizes from the table: it allocates what an old file's storages are said to have,
enlarges a storage to the tensor that is said to lie in it (with whatever was in that memory), and
makes a storage of a packed record as long as the table says, past the record's end.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

from .pickles import HostilePickleError

__all__ = ["storages_of"]

# Bytes of an element, by the class of the storage. Of others it is at least one.
_WIDTHS = {
    **dict.fromkeys(("HalfStorage", "BFloat16Storage", "ShortStorage"), 2),
    **dict.fromkeys(("FloatStorage", "IntStorage", "QInt32Storage"), 4),
    **dict.fromkeys(("DoubleStorage", "LongStorage", "ComplexFloatStorage"), 8),
    "ComplexDoubleStorage": 16,
}


def storages_of(pickled: bytes) -> dict[str, int]:
    """Finds the storages that a table of tensors names. Builds none of them, and runs nothing.

    Args:
        pickled: a pickle that `check_pickle` has passed.

    Returns:
        The bytes of each storage by its key.

    Raises:
        HostilePickleError: a tensor does not lie within its storage.
    """
    table = _Table(io.BytesIO(pickled))
    try:
        table.load()
    except HostilePickleError:
        raise
    except Exception:  # on a damaged pickle the unpickler can raise anything
        raise HostilePickleError("its table of tensors is damaged") from None
    return table.storages


class _Anything:
    """Stands for whatever a table builds, and does nothing but look at the arguments."""

    def __init__(self, *args: Any) -> None:
        _check_places(args)

    __setitem__ = append = extend = __init__
    __setstate__ = __init__


class _Storage(_Anything):
    def __init__(self, count: int) -> None:
        self.count = count


def _check_places(value: Any) -> None:
    """Checks all places of tensors in nested tuples: storage, offset, shape and strides."""
    if not isinstance(value, tuple):
        return
    if value and isinstance(value[0], _Storage) and len(value) >= 4:
        storage, offset, shape, strides = value[:4]
        end = offset + 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if min((*shape, *strides, offset), default=0) < 0 or (
            0 not in shape and end > storage.count
        ):
            raise HostilePickleError("a tensor in it does not lie within its storage")
    for inner in value:
        _check_places(inner)


class _Table(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[str, int] = {}
        self._classes: dict[str, type[_Anything]] = {}

    def find_class(self, module: str, name: str) -> type[_Anything]:
        # A class for each name, so that `persistent_load` knows the type of a storage.
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = type(name, (_Anything,), {})
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        _kind, kind, key, _location, count, *_view = pid
        if type(key) is not str or type(count) is not int or count < 0:
            raise HostilePickleError("a storage in it has no size")
        size = count * _WIDTHS.get(kind.__name__, 1)
        self.storages[key] = max(size, self.storages.get(key, 0))
        return _Storage(count)
