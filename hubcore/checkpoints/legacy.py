"""Converts checkpoints in torch's format before 1.6, which cannot be memory-mapped.

Each is converted once, to a copy that can be mapped. The copy holds the same objects, is compared
with the original before it is used, and is kept in the store under the original's digest. The
original remains the file that is verified, bundled and listed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch

from ..errors import HubError
from ..store import Store, default_store
from .reading import read_checkpoint

__all__ = ["mappable"]

logger = logging.getLogger("hubcore")

# Files in the old format begin with this pickled number.
_LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def mappable(path: Path, store: Store | None = None) -> Path:
    """Returns the file to load in place of ``path``: its mappable copy, or ``path`` itself.

    The copy is made on first use. Where none can be made, the original is used as it is.

    Args:
        path: a checkpoint. Only files in the store get copies.
        store: the store. Default: the user's.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_LEGACY_MAGIC)) != _LEGACY_MAGIC:
                return path
    except OSError:
        return path  # the reader reports what is wrong
    store = store or default_store()
    if path != store.blob_path(path.name):
        return path
    try:
        copy = store.derived(path.name, "zip", lambda target: _convert(path, target))
    except (HubError, OSError, _UnequalError) as error:  # a full disk, another user's store
        logger.info("%s was not converted to a format that loads faster: %s", path, error)
        return path
    return copy


class _UnequalError(Exception):
    """The copy differs from the original."""


def _convert(path: Path, target: Path) -> None:
    original = read_checkpoint(path)
    torch.save(original, target)
    copy = read_checkpoint(target)
    if not _same(original, copy):
        raise _UnequalError("the copy differs from the original")


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return _same_tensor(one, other)
    if isinstance(one, dict):
        return (
            list(one) == list(other)
            and all(_same(one[key], other[key]) for key in one)
            and _same(getattr(one, "_metadata", None), getattr(other, "_metadata", None))
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other or one != one)  # NaN is not equal to itself


def _same_tensor(one: torch.Tensor, other: torch.Tensor) -> bool:
    if (one.dtype, one.shape, one.stride()) != (other.dtype, other.shape, other.stride()):
        return False
    if one.is_quantized:
        return torch.equal(one, other)  # integers, scales and zero points
    return torch.equal(_bits(one), _bits(other))


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)
