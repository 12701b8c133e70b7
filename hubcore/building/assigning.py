"""A state dict whose tensors are assigned to a model rather than copied into it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import nn

__all__ = ["AssignedStateDict"]


class AssignedStateDict(OrderedDict[str, Any]):
    """A state dict whose tensors a module takes over when it loads them, instead of copying them.

    `torch.nn.Module.load_state_dict` does so with ``assign=True``. For builders that do not pass
    it, the state dict's meta-data sets it: each module's loader reads that choice there. A torch
    that ignored the meta-data would copy the tensors: slower, but equally correct.

    Args:
        tensors: the tensors by name, for which `shortcut.can_assign` holds.
    """

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        super().__init__(tensors)
        for key, value in tensors.items():
            if type(value) is nn.Parameter:  # as old files have; one cannot become a buffer
                self[key] = value.data
        self._metadata = _AssigningMetadata(getattr(tensors, "_metadata", None) or {})


class _AssigningMetadata(dict[str, Any]):
    def get(self, key: str, default: Any = None) -> Any:
        return {**super().get(key, {}), "assign_to_params_buffers": True}
