"""A state dict whose tensors are assigned to a model rather than copied into it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["AssignedStateDict"]


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
