"""Sizes of files: as people write them, such as ``20GB``, and as meta-data tell them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["parse_size", "published_size"]

_DECIMAL = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def parse_size(text: str) -> int:
    """Reads a size such as ``20GB``, ``500 MiB`` or ``1000``.

    Returns:
        The number of bytes.

    Raises:
        ValueError: the text is not a size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", text.strip().lower())
    if not match or (match[3] and not match[2]):
        raise ValueError(f"'{text}' is not a size: write 500MB or 20GB")
    units = _BINARY if match[3] else _DECIMAL
    return int(float(match[1]) * units[match[2]])


def published_size(meta: Mapping[str, Any]) -> int | None:
    """The approximate size of a file in bytes, or None: ``_file_size`` is in MiB, and rounded."""
    size = meta.get("_file_size")
    return int(size * 1024 * 1024) if isinstance(size, (int, float)) and size > 0 else None
