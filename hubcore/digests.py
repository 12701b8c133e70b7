"""Digests as text: a SHA-256 in lower-case hexadecimal digits, in full or a prefix of it."""

from __future__ import annotations

__all__ = ["digest_state", "is_digest", "is_prefix"]

_DIGITS = frozenset("0123456789abcdef")


def is_digest(text: str) -> bool:
    """Whether a text is a full SHA-256: 64 lower-case hexadecimal digits."""
    return len(text) == 64 and _DIGITS.issuperset(text)


def is_prefix(text: str) -> bool:
    """Whether a text is a usable prefix of a SHA-256: 8 to 64 lower-case hexadecimal digits."""
    return 8 <= len(text) <= 64 and _DIGITS.issuperset(text)


def digest_state(digest: str | None) -> str:
    """What is known of a file's SHA-256: ``full``, ``prefix`` (some first digits) or ``none``."""
    if not digest:
        return "none"
    return "full" if is_digest(digest) else "prefix"
