"""Where building a model may skip work that loading its weights undoes: the one rule for all.

A loaded model is what its architecture and `torch.nn.Module.load_state_dict` give. Two short cuts
give the same for most models and are much faster: not to initialise what the weights overwrite
(`SkipRandomInit`), and to take tensors over from the file, not copy them (`AssignedStateDict`).
They are taken only where it is proved that nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from types import NoneType
from typing import Any

import torch
from torch.overrides import _get_current_function_mode
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ..catalogs.catalog import ModelEntry
from ..packages import hooks
from ..packages.references import names_code
from ..protocols import WeightsLike
from ..weights.enums import WeightsEnum

__all__ = ["can_assign", "can_skip_initialisation", "is_proved"]

# tests/test_faithful*.py holds every architecture in these packages to what is relied on here.
_PROVED = ("torchvision.models", "hub_detection", "hub_quantization")
# The names of the only tensors of theirs that hold integers. All others have the default dtype.
_INTEGERS = frozenset({"num_batches_tracked", "relative_position_index"})


def is_proved(model: ModelEntry) -> bool:
    """Whether the architecture is one whose tensors and building our tests have compared."""
    return _is_ours(model.architecture.target)


def can_skip_initialisation(model: ModelEntry, arguments: Mapping[str, Any]) -> bool:
    """Whether a model may be built without initialising what a strict load overwrites.

    That is so if nothing but the parameters depends on their initial values: for proved
    architectures, and those whose catalogue says so and which the hub loads: one that loads its
    weights itself need not do so strictly. Arguments that are code could do anything, and
    so could whatever changes how this thread makes tensors: a device context, another default
    dtype, a mode.

    Args:
        model: the catalogue entry of the model.
        arguments: all arguments of the architecture.
    """
    return (
        (is_proved(model) or (model.can_skip_initialisation and not model.loads_weights))
        and all(map(_is_plain, arguments.values()))
        and _context_is_plain()
    )


def can_assign(weights: WeightsLike, tensors: Mapping[str, Any]) -> bool:
    """Whether a proved architecture may take tensors over instead of copying them.

    That is so if they are nobody else's, and each is what a copy would be: in the dtype and the
    strides of the model's own, alone in its memory.

    Args:
        weights: the weights.
        tensors: their state dict.
    """
    if not _are_just_read(weights):
        return False
    float_dtype = torch.get_default_dtype()
    places = []
    for key, value in tensors.items():
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            return False
        dtype = torch.int64 if key.rpartition(".")[2] in _INTEGERS else float_dtype
        size, start = value.nbytes, value.data_ptr()
        if (
            value.dtype is not dtype
            or value.stride() != _strides(value.shape)
            or value.untyped_storage().nbytes() != size
        ):
            return False
        places.append((start, start + size))
    places.sort()
    return all(end <= start for (_, end), (start, _) in pairwise(places))


def _are_just_read(weights: WeightsLike) -> bool:
    """Whether the tensors come from the hub's own reading of a file, so that nobody has them."""
    if not isinstance(weights, WeightsEnum):
        return False
    convert = weights.value.convert
    return (
        type(weights).get_state_dict is WeightsEnum.get_state_dict
        and (convert is None or _is_ours(str(getattr(convert, "target", ""))))
        and not hooks.reads_checkpoints()
    )


def _is_ours(target: str) -> bool:
    return target.startswith(tuple(f"{package}{mark}" for package in _PROVED for mark in ".:"))


def _is_plain(value: object) -> bool:
    """Whether an argument is data, such as JSON can hold, and names no code."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return not names_code(value) and all(map(_is_plain, value.values()))
    return type(value) in (NoneType, bool, int, float, str)


def _context_is_plain() -> bool:
    """Whether tensors and parameters are made here as in a new process."""
    module = torch.nn.modules.module
    return (
        _get_current_function_mode() is None  # type: ignore[no-untyped-call]  # torch's
        and _get_current_dispatch_mode() is None
        and torch.get_default_dtype() is torch.float32
        and not torch.is_inference_mode_enabled()
        and not torch.__future__.get_swap_module_params_on_conversion()
        and not module._global_parameter_registration_hooks
        and not module._global_buffer_registration_hooks
        and not module._global_module_registration_hooks
    )


@lru_cache(maxsize=4096)
def _strides(shape: torch.Size) -> tuple[int, ...]:
    """The strides of a new tensor of this shape. Unlike `is_contiguous`, exact for sizes of 1."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))
