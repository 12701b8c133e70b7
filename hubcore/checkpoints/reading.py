"""Loads verified checkpoint files without executing code from them.

Where the format allows, a checkpoint is memory-mapped rather than read: only the pages that are
touched are loaded, and processes share them. The mapping is private: writing to a tensor never
changes the file.
"""

from __future__ import annotations

import argparse
import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..download.impostors import impostor
from ..errors import HubError, MissingDependencyError, WeightsError
from ..packages import hooks
from .archives import check_archive, check_pickles, check_safetensors, unreadable
from .mapped import map_tensors

__all__ = ["read_checkpoint", "read_several", "read_state_dict"]

_ZIP_MAGIC = b"PK\x03\x04"


def read_checkpoint(path: Path, map_location: Any = None) -> Any:
    """Loads a checkpoint file without executing code from it.

    Args:
        path: a file written by `torch.save` (zip or legacy format), a safetensors file, or a
            format that an installed ``hubcore_read_checkpoint`` hook reads.
        map_location: as in `torch.load`. Default: the CPU, mapped where the format allows.

    Returns:
        The object in the file, mostly a dict of tensors by name.

    Raises:
        WeightsError: the file is damaged or something else, loading it would execute code from it,
            or there is no such device.
        MissingDependencyError: it is a safetensors file, and safetensors is not installed.
        OSError: the file cannot be opened.
    """
    _check_device(map_location)
    checkpoint = hooks.read_checkpoint(path, map_location)
    if checkpoint is not None:
        return checkpoint
    instead = impostor(path)
    if instead is not None:
        raise WeightsError(
            f"{path} is {instead}. It is not a checkpoint: delete it, so that it is downloaded "
            "again, and look at its address in a browser to see what the server wants."
        )
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:9] == b"{":  # safetensors: a length, then a JSON header
        check_safetensors(path)
        return _read_safetensors(path, map_location)
    is_zip = start.startswith(_ZIP_MAGIC)
    if is_zip and map_location is None:
        tensors = map_tensors(path)
        if tensors is not None:
            return tensors
    # torch.load has no bounds of its own.
    mapped = is_zip and check_archive(path)
    if not is_zip:
        check_pickles(path)
    try:
        # Many training scripts keep their options beside the tensors: attributes, and no code.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            # torch warns about its own way of loading quantized tensors: users can't change it.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\._utils")
            return torch.load(
                path, map_location=map_location or "cpu", mmap=mapped, weights_only=True
            )
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} holds more than tensors and plain values, and the hub never runs code from a "
            f"checkpoint. Ask its author for a state dict or a safetensors file "
            f"({_reason(error)})."
        ) from error
    except Exception as error:  # on a damaged file the unpickler can raise anything
        raise unreadable(path, error) from error


def read_state_dict(
    path: Path,
    map_location: Any = None,
    convert: Callable[[Any], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Loads the state dict in a checkpoint file, without executing code from it.

    Args:
        path: the file, in any format of `read_checkpoint`.
        map_location: as in `torch.load`. Default: the CPU, mapped where the format allows.
        convert: turns the object in the file into the state dict, where the two differ.

    Returns:
        The tensors by name.

    Raises:
        WeightsError: the file is damaged, or holds no state dict.
        MissingDependencyError: it is a safetensors file, and safetensors is not installed.
    """
    checkpoint = read_checkpoint(path, map_location)
    state_dict = checkpoint if convert is None else _converted(convert, checkpoint, str(path))
    if not isinstance(state_dict, dict) or not _is_state_dict(state_dict):
        raise WeightsError(
            f"{path} does not hold a state dict (a dict with string keys), but an object of type "
            f"{type(state_dict).__name__}. Its catalogue entry can name a function that converts "
            f'it: "convert": "module:function".'
        )
    return state_dict


def _converted(convert: Callable[[Any], Any], checkpoint: Any, what: str) -> Any:
    try:
        return convert(checkpoint)
    except HubError:
        raise
    except Exception as error:
        raise WeightsError(
            f"The function that converts {what}, {getattr(convert, 'target', convert)}, failed: "
            f"{type(error).__name__}: {error}"
        ) from error


def read_several(
    paths: Mapping[str, Path],
    map_location: Any = None,
    convert: Callable[[Any], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Loads the state dict that several checkpoint files make, without executing code from them.

    Args:
        paths: the files by their published names, each in any format of `read_checkpoint`.
        map_location: as in `torch.load`. Default: the CPU, mapped where the format allows.
        convert: turns the objects in the files, in a dict by these names, into the state dict.
            Default: each is a part of the state dict, and no tensor is in two.

    Returns:
        The tensors by name.

    Raises:
        WeightsError: a file is damaged, or they make no state dict.
        MissingDependencyError: one is a safetensors file, and safetensors is not installed.
    """
    checkpoints = {name: read_checkpoint(path, map_location) for name, path in paths.items()}
    if convert is not None:
        found = _converted(convert, checkpoints, ", ".join(paths))
        if not _is_state_dict(found):
            raise WeightsError(
                f"The function that converts {', '.join(paths)} returns no state dict (a dict with "
                f"string keys), but an object of type {type(found).__name__}."
            )
        return dict(found)
    tensors: dict[str, Any] = {}
    for name, checkpoint in checkpoints.items():
        twice = None
        if not _is_state_dict(checkpoint) or (
            twice := next(iter(checkpoint.keys() & tensors), None)
        ):
            what = f"has '{twice}', as another file has" if twice else "holds no state dict"
            raise WeightsError(
                f"{', '.join(paths)} are not parts of one state dict: {name} {what}. Their "
                f'catalogue entry can name a function that joins them: "convert": '
                f'"module:function".'
            )
        tensors |= checkpoint
    return tensors


def _is_state_dict(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def _check_device(map_location: Any) -> None:
    """Raises a `WeightsError` if there is no such device here, which is no fault of the file."""
    if not isinstance(map_location, (str, torch.device)):
        return
    try:
        torch.empty(0, device=map_location)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise WeightsError(
            f"map_location={str(map_location)!r} is not available here ({_first_line(error)}). "
            "Without map_location the tensors are on the CPU."
        ) from error


def _reason(error: pickle.UnpicklingError) -> str:
    """What torch.load did not read, without its advice to read it with ``weights_only=False``."""
    _, _, after = str(error).partition("WeightsUnpickler error:")
    return next((line for line in after.splitlines() if line.strip()), "").strip() or "a pickle"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read_safetensors(path: Path, map_location: Any) -> dict[str, torch.Tensor]:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingDependencyError(
            f"{path} is a safetensors file. To read it: pip install safetensors", "safetensors"
        ) from error
    try:
        return dict(load_file(path, device=str(map_location or "cpu")))
    except Exception as error:  # on a damaged file it raises many kinds
        raise unreadable(path, error) from error
