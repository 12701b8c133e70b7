"""A web site of what is installed: catalogue, pages, data and documentation, as static files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .building import build as build

__all__ = ["build"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "build":
        from .building import build

        return build
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
