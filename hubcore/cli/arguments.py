"""The kinds of arguments that commands take, each with an error in words."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

__all__ = [
    "natural_integer",
    "path",
    "positive_integer",
    "positive_number",
    "real",
    "share",
    "whole",
]


def whole(text: str) -> int:
    """Reads a whole number.

    Raises:
        argparse.ArgumentTypeError: the text is none. The other functions raise it likewise.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None


def real(text: str) -> float:
    """Reads a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number")
    return value


def positive_integer(text: str) -> int:
    """Reads a whole number of at least 1, which memory can count."""
    return _at_least(1, text)


def natural_integer(text: str) -> int:
    """Reads a whole number of at least 0, which memory can count."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    value = whole(text)
    if not least <= value < 2**31:
        reason = f"less than {least}" if value < least else "too large"
        raise argparse.ArgumentTypeError(f"{text} is {reason}")
    return value


def positive_number(text: str) -> float:
    """Reads a number above 0."""
    value = real(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def share(text: str) -> float:
    """Reads a number from 0 to 1."""
    value = real(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def path(text: str) -> Path:
    """Reads a path; an empty one, as of a variable that is not set, would mean this folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: give a path")
    if "\0" in text:
        raise argparse.ArgumentTypeError("it holds a NUL character, which no path can")
    return Path(text)
