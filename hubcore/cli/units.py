"""Sizes and ages, as people read and write them."""

from __future__ import annotations

import argparse
import re
import time

from .. import sizes

__all__ = ["age_of", "parse_age", "parse_size", "size_of"]

_AGES = {"s": 1, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


def size_of(count: int) -> str:
    """A number of bytes in a suitable decimal unit, such as ``13.6 MB``."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.95 or unit == "TB":
            break
    return f"{value:.1f} {unit}"


def age_of(moment: float) -> str:
    """How long ago a moment was, roughly, such as ``3 days ago``.

    Args:
        moment: seconds since the epoch.
    """
    seconds = time.time() - moment
    if seconds < 3600:
        return "just now"
    for unit, length in (("hour", 3600), ("day", 86400), ("month", 30 * 86400)):
        count = int(seconds / length)
        if unit == "month" or count < {"hour": 48, "day": 60}[unit]:
            return f"{count} {unit}{'s' * (count != 1)} ago"
    raise AssertionError


def parse_size(text: str) -> int:
    """Reads a size such as ``20GB``, ``500 MiB`` or ``1000``.

    Returns:
        The number of bytes.

    Raises:
        argparse.ArgumentTypeError: the text is not a size.
    """
    try:
        return sizes.parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parse_age(text: str) -> float:
    """Reads an age such as ``30d``, ``12h`` or ``2w``.

    Returns:
        The number of seconds.

    Raises:
        argparse.ArgumentTypeError: the text is not an age.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([shdwy])", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not an age: write 12h, 30d, 8w or 1y")
    return float(match[1]) * _AGES[match[2]]
