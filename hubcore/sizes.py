"""Sizes as people write them, such as ``20GB``."""

from __future__ import annotations

import re

__all__ = ["parse_size"]

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
