"""Exports any model of the hub as a file that takes an image and gives the result::

    from hub_export import export

    exported = export("mobilenet_v2", "mobilenet_v2.onnx")
    print(exported.agreement)

The command is ``hub export``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import DifferenceError, ExportError

if TYPE_CHECKING:
    from .agreement import Agreement
    from .exporting import Exported, export

__all__ = [
    "Agreement",
    "DifferenceError",
    "ExportError",
    "Exported",
    "export",
]

__version__ = "0.1.0"

_HOMES = {"Agreement": "agreement", "Exported": "exporting", "export": "exporting"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:  # imported when it is asked for: the command's help needs no torch
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
