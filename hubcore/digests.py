"""Digests as text: a SHA-256 in lower-case hexadecimal, whole or the beginning of one."""

from __future__ import annotations

__all__ = ["is_digest", "is_prefix"]

_DIGITS = frozenset("0123456789abcdef")


def is_digest(text: str) -> bool:
    """Whether a text is a whole SHA-256: 64 digits."""
    return len(text) == 64 and _DIGITS.issuperset(text)


def is_prefix(text: str) -> bool:
    """Whether a text is the beginning of a SHA-256 that says enough to be given: 8 to 64 digits."""
    return 8 <= len(text) <= 64 and _DIGITS.issuperset(text)
