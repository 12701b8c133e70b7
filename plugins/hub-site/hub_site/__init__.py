"""A web site of what is installed: catalogue, pages and data, as static files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .building import build as build

__all__ = ["build"]


def __getattr__(name: str) -> Any:
    if name == "build":
        from .building import build

        return build
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
