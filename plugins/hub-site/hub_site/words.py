"""Numbers and states as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubcore.cli.listing import HEADLINES
from hubcore.cli.units import size_of

__all__ = ["DIGESTS", "MEASURED", "figure", "headline", "license_of", "params", "setting", "size"]

DIGESTS = {
    "full": "full SHA-256",
    "prefix": "prefix of the SHA-256",
    "none": "no digest published",
}
"""What is published of a file's digest, by its state."""

MEASURED = {
    "not measured": ("published", ""),
    "reproduced": ("reproduced", "good"),
    "agrees": ("agrees", "good"),
    "differs": ("differs", "bad"),
    "undecided": ("undecided", ""),
    "unpublished": ("measured", ""),
}
"""The word and the look for each state of a metric."""


def figure(value: float) -> str:
    """A figure with three decimals at most."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def params(value: float | None) -> str:
    """A number of parameters, such as ``25.6M``; "" for None."""
    return f"{value / 1e6:.1f}M" if value is not None else ""


def size(value: int | None) -> str:
    """A number of bytes, such as ``102.5 MB``; "" for None."""
    return size_of(int(value)) if value is not None else ""


def headline(row: Mapping[str, Any]) -> str:
    """The usual metric of a row of facts, such as ``acc@1 80.858``, or ""."""
    name = next((name for name in HEADLINES if row.get(name) is not None), None)
    return f"{name} {figure(row[name])}" if name else ""


def license_of(statement: Any) -> str:
    """The licence that a statement gives, or ``not stated``."""
    return statement.license or "not stated"


def setting(value: Any) -> str:
    """A value of a setting."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
