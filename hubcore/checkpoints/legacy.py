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

from ..download.progress import Steps
from ..store import Store, default_store
from .reading import read_checkpoint

__all__ = ["mappable"]

logger = logging.getLogger("hubcore")

# Files in the old format begin with this pickled number.
_LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def mappable(path: Path, store: Store | None = None, *, progress: bool = False) -> Path:
    """Returns the file to load in place of ``path``: its mappable copy, or ``path`` itself.

    The copy is made on first use. Where none can be made, the original is used as it is.

    Args:
        path: a checkpoint. Only files in the store get copies.
        store: the store. Default: the user's.
        progress: say on stderr that a copy is being made.
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
        copy = store.derived(path.name, "zip", lambda target: _convert(path, target, progress))
    # A full disk, another user's store, what torch.save cannot write: the original is as good.
    except Exception as error:
        logger.info("%s was not converted to a format that loads faster: %s", path, error)
        return path
    return copy


class _UnequalError(Exception):
    """The copy differs from the original."""


def _convert(path: Path, target: Path, progress: bool) -> None:
    with Steps(shown=progress) as step:
        step("converting the checkpoint, once, to a format that loads faster")
        original = read_checkpoint(path)
        torch.save(original, target)
        step("comparing the converted checkpoint with the original")
        copy = read_checkpoint(target)
        if not _Comparison().same(original, copy):
            raise _UnequalError("the copy differs from the original")


class _Comparison:
    """Compares two checkpoints.

    What many places share is compared once: a list can hold itself, or double with each list that
    it is in.
    """

    def __init__(self) -> None:
        self._compared: set[tuple[int, int]] = set()

    def same(self, one: Any, other: Any) -> bool:
        """Whether both have the same types, values, shapes, strides and bytes."""
        if type(one) is not type(other):
            return False
        if isinstance(one, torch.Tensor):
            return self._same_tensor(one, other)
        if not isinstance(one, (dict, list, tuple)):
            return bool(one == other or one != one)  # NaN is not equal to itself
        if self._was_compared(id(one), id(other)):
            return True
        if isinstance(one, dict):
            return (
                list(one) == list(other)
                and all(self.same(one[key], other[key]) for key in one)
                and self.same(getattr(one, "_metadata", None), getattr(other, "_metadata", None))
            )
        return len(one) == len(other) and all(map(self.same, one, other))

    def _was_compared(self, one: int, other: int) -> bool:
        """Whether these two were met before, by what identifies them."""
        known = (one, other) in self._compared
        self._compared.add((one, other))
        return known

    def _same_tensor(self, one: torch.Tensor, other: torch.Tensor) -> bool:
        # By their bytes, not their elements: an expanded tensor has more than there is memory.
        places = [(t.dtype, t.shape, t.stride(), t.storage_offset()) for t in (one, other)]
        return (
            places[0] == places[1]
            and (not one.is_quantized or self._same_quantizer(one, other))
            and self._same_storage(one.untyped_storage(), other.untyped_storage())
        )

    def _same_quantizer(self, one: torch.Tensor, other: torch.Tensor) -> bool:
        if one.qscheme() != other.qscheme():
            return False
        if one.qscheme() == torch.per_tensor_affine:
            return (one.q_scale(), one.q_zero_point()) == (other.q_scale(), other.q_zero_point())
        return (
            one.q_per_channel_axis() == other.q_per_channel_axis()
            and torch.equal(one.q_per_channel_scales(), other.q_per_channel_scales())
            and torch.equal(one.q_per_channel_zero_points(), other.q_per_channel_zero_points())
        )

    def _same_storage(self, one: torch.UntypedStorage, other: torch.UntypedStorage) -> bool:
        if one.nbytes() != other.nbytes():
            return False
        if not one.nbytes() or self._was_compared(one.data_ptr(), other.data_ptr()):
            return True
        return torch.equal(_bytes(one), _bytes(other))


def _bytes(storage: torch.UntypedStorage) -> torch.Tensor:
    return torch.empty(0, dtype=torch.uint8, device="cpu").set_(storage)
