"""Keeps ``import torchvision`` from importing ``torch._dynamo``, where the user asks for it.

torchvision imports the compiler's whole front end, which takes more than a second, for one function
that tells whether a device can compile. It calls that function in one case only: in `roi_align`,
if deterministic algorithms are requested. With ``HUBCORE_LAZY_DYNAMO=1`` a stand-in satisfies that
import, and the real module is imported when it is needed: by that call, or by `torch.compile`.

No file and no module of torch or torchvision is changed. The stand-in removes itself as soon as
torchvision has imported the function from it, or anything else asks it for another attribute.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["defer"]

_NAME = "torch._dynamo.utils"


def defer() -> None:
    """Defers ``torch._dynamo`` to its first use.

    Does nothing if ``torch._dynamo`` or torchvision is already imported.
    """
    if not {"torch._dynamo", "torchvision", _NAME} & sys.modules.keys():
        sys.modules[_NAME] = _StandIn(_NAME)


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # such as inspect, which looks through all modules
            raise AttributeError(name)
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        if name == "is_compile_supported" and "torch._dynamo" not in sys.modules:
            return _is_compile_supported
        return getattr(import_module(_NAME), name)


def _is_compile_supported(device_type: str) -> Any:
    return import_module(_NAME).is_compile_supported(device_type)
