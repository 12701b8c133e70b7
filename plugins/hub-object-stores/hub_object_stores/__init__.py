"""Weights in buckets: ``s3:``, ``gs:`` and ``az:`` addresses, wherever the hub takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pushing import push as push

__all__ = ["push"]


def __getattr__(name: str) -> Any:
    if name == "push":
        from .pushing import push

        return push
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
