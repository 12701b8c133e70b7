"""Sizes, ages and counts, as people read and write them."""

from __future__ import annotations

import argparse
import re
import time

from .. import sizes

__all__ = [
    "age_of",
    "counted",
    "counted_weights",
    "parse_age",
    "parse_count",
    "parse_size",
    "size_of",
]

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


def counted(count: int, one: str, several: str | None = None) -> str:
    """A count with its noun, such as ``1 file`` and ``2 files``.

    Args:
        count: the number.
        one: the noun's singular.
        several: its plural. Default: the singular and an s.
    """
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def counted_weights(count: int) -> str:
    """A number of weights, such as ``1 set of weights`` and ``2 sets of weights``."""
    return counted(count, "set of weights", "sets of weights")


def parse_count(text: str) -> int:
    """Reads a number of things, at least 1.

    Raises:
        argparse.ArgumentTypeError: the text is not such a number.
    """
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a count: write 1 or more")
    return int(text)


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
