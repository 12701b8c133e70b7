"""What a verified checkpoint file holds, loaded without executing anything from it.

The checkpoint is mapped rather than read, so only the pages that are touched are loaded and
processes share them. The mapping is private: a write to a tensor stays in memory and never reaches
the file.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..errors import MissingDependencyError, WeightsError
from ..packages import hooks
from .mapped import map_tensors

__all__ = ["read_checkpoint", "read_state_dict"]

_ZIP_MAGIC = b"PK\x03\x04"


def read_checkpoint(path: Path, map_location: Any = None) -> Any:
    """What a checkpoint file holds, loaded without executing anything from it.

    Args:
        path: a file written by `torch.save` (zip or legacy) or a safetensors file.
        map_location: as in `torch.load`. Default: the CPU, mapped where the format allows.

    Raises:
        WeightsError: the file is damaged, or would need code to be run to load it.
    """
    checkpoint = hooks.read_checkpoint(path, map_location)
    if checkpoint is not None:
        return checkpoint
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:9] == b"{":  # safetensors: a length, then a JSON header
        return _read_safetensors(path, map_location)
    is_zip = start.startswith(_ZIP_MAGIC)
    if is_zip and map_location is None:
        tensors = map_tensors(path)
        if tensors is not None:
            return tensors
    try:
        with warnings.catch_warnings():
            # Of its own way to load quantized tensors, which no user can change.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\._utils")
            return torch.load(
                path, map_location=map_location or "cpu", mmap=is_zip, weights_only=True
            )
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} holds more than tensors and plain values, and the hub never runs code from a "
            f"checkpoint. Ask its author for a state dict or a safetensors file. "
            f"({_first_line(error)})"
        ) from error
    except Exception as error:  # the unpickler fails on garbage in all sorts of ways
        raise WeightsError(
            f"{path} is not a readable checkpoint ({_first_line(error)}). If the store is "
            f"damaged, 'hub cache verify' repairs it."
        ) from error


def read_state_dict(
    path: Path,
    map_location: Any = None,
    convert: Callable[[Any], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The state dict in a checkpoint file.

    Args:
        path: the file.
        map_location: as in `torch.load`.
        convert: maps what the file holds to the state dict, where they differ.

    Raises:
        WeightsError: the file cannot be read, or holds no state dict.
    """
    checkpoint = read_checkpoint(path, map_location)
    state_dict = checkpoint if convert is None else convert(checkpoint)
    if not isinstance(state_dict, dict) or not all(isinstance(key, str) for key in state_dict):
        raise WeightsError(
            f"{path} holds a {type(state_dict).__name__}, not a state dict. Its catalogue entry "
            f'can name a function that makes one of it: "convert": "module:function".'
        )
    return state_dict


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read_safetensors(path: Path, map_location: Any) -> dict[str, torch.Tensor]:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingDependencyError(
            f"{path} is a safetensors file: pip install safetensors", "safetensors"
        ) from error
    return dict(load_file(path, device=str(map_location or "cpu")))
