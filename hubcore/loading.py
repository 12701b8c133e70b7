"""From a verified file to a model's tensors, without paying for anything twice.

The checkpoint is mapped rather than read, so only the pages that are touched are loaded and
processes share them. The tensors are assigned to the model rather than copied into it, and the
random initialisation that they would overwrite is skipped. The mapping is private: a write to a
parameter stays in memory and never reaches the file.
"""

from __future__ import annotations

import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode

from . import hooks
from .errors import MissingDependencyError, WeightsError
from .mapped import map_tensors

__all__ = ["AssignedStateDict", "SkipRandomInit", "read_checkpoint", "read_state_dict"]

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


class AssignedStateDict(OrderedDict[str, Any]):
    """A state dict whose tensors become a module's own when it loads them, instead of copies.

    `torch.nn.Module.load_state_dict` does so when it is called with ``assign=True``. A builder
    that calls it without can be told through the state dict's meta-data, where each module's
    loader looks up that choice. A torch that ignored it would copy: slower, and as right.
    """

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        # Assignment keeps a tensor's dtype, copying would have given the model's.
        dtype = torch.get_default_dtype()
        super().__init__(
            (key, value.to(dtype) if _is_float(value) and value.dtype != dtype else value)
            for key, value in tensors.items()
        )
        self._metadata = _AssigningMetadata(getattr(tensors, "_metadata", None) or {})


class _AssigningMetadata(dict[str, Any]):
    def get(self, key: str, default: Any = None) -> Any:
        return {**super().get(key, {}), "assign_to_params_buffers": True}


def _is_float(value: object) -> bool:
    return isinstance(value, torch.Tensor) and not value.is_quantized and value.is_floating_point()


class SkipRandomInit(TorchFunctionMode):
    """While it is active, parameters of this thread are not filled with random numbers.

    For building a model whose parameters are all overwritten next. `nn.Parameter` answers
    ``is_meta`` with True meanwhile, since some initialisers draw until the numbers please them
    (`torch.nn.init.trunc_normal_`) and would never end on numbers that do not change.

    Args:
        keep: numbers of parameters to fill all the same. They are counted from 0 as each is first
            to be filled, see `number_of`; an architecture counts alike each time it is built.
        zeros: fill with zeros instead, for a model that is run before it is overwritten.
    """

    def __init__(self, keep: Container[int] = (), *, zeros: bool = False) -> None:
        self._keep = keep
        self._zeros = zeros
        self._numbers: dict[int, tuple[int, nn.Parameter]] = {}  # by identity
        self._stopped = False
        super().__init__()

    @property
    def has_begun(self) -> bool:
        """Whether anything was skipped yet."""
        return bool(self._numbers)

    def number_of(self, parameter: nn.Parameter) -> int | None:
        """A parameter's number; None if nothing was to fill it with random numbers."""
        number, _ = self._numbers.get(id(parameter), (None, None))
        return number

    def stop(self) -> None:
        """Ends it before its block does, so that loading pays nothing for being watched."""
        # Modes are a stack. Under one of the builder's own, this one stays to the block's end.
        if not self._stopped and _get_current_function_mode() is self:  # type: ignore[no-untyped-call]
            self._stopped = True
            super().__exit__(None, None, None)  # type: ignore[no-untyped-call]

    def __exit__(self, *exc: Any) -> None:
        if not self._stopped:
            super().__exit__(*exc)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _RANDOM_FILLS:
            # The functions of torch.nn.init pass their tensor by keyword. They are skipped as a
            # whole, because what they call inside does not come by here.
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, nn.Parameter) and self._skips(tensor):
                return tensor.data.zero_() if self._zeros else tensor
        elif func == _IS_META and isinstance(args[0], nn.Parameter) and self._skips(args[0]):
            return True
        return func(*args, **kwargs)

    def _skips(self, parameter: nn.Parameter) -> bool:
        number, _ = self._numbers.setdefault(id(parameter), (len(self._numbers), parameter))
        return number not in self._keep


_RANDOM_FILLS = frozenset(
    {
        nn.init.kaiming_uniform_,
        nn.init.normal_,
        nn.init.uniform_,
        torch.Tensor.bernoulli_,
        torch.Tensor.cauchy_,
        torch.Tensor.erfinv_,
        torch.Tensor.exponential_,
        torch.Tensor.geometric_,
        torch.Tensor.log_normal_,
        torch.Tensor.normal_,
        torch.Tensor.random_,
        torch.Tensor.uniform_,
    }
)
# The getter of a property is a new object each time it is looked up: equal, not identical.
_IS_META = torch.Tensor.is_meta.__get__  # type: ignore[attr-defined]  # a getset descriptor
