"""Keeps ``import torchvision`` from importing ``torch._dynamo``, for those who ask for it.

torchvision imports the compiler's whole front end, more than a second of work, for one function
that tells whether a device can compile. It is called in one case only (`roi_align`, where
deterministic algorithms are asked for). With ``HUBCORE_LAZY_DYNAMO=1`` a stand-in serves that
import, and the real module is imported when something needs it: that call, or `torch.compile`.

No file and no module of torch or torchvision is changed. The stand-in leaves as soon as torchvision
has taken the function from it, or when anything else asks it for more.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["defer"]

_NAME = "torch._dynamo.utils"


def defer() -> None:
    """Defers ``torch._dynamo`` to its first use; does nothing if it or torchvision is imported."""
    if not {"torch._dynamo", "torchvision", _NAME} & sys.modules.keys():
        sys.modules[_NAME] = _StandIn(_NAME)


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever looks through all modules needs nothing of this one
            raise AttributeError(name)
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        if name == "is_compile_supported" and "torch._dynamo" not in sys.modules:
            return _is_compile_supported
        return getattr(import_module(_NAME), name)


def _is_compile_supported(device_type: str) -> Any:
    return import_module(_NAME).is_compile_supported(device_type)
