"""Errors of exporting, and what those of others say."""

from __future__ import annotations

from hubcore.errors import HubError

__all__ = ["DifferenceError", "ExportError", "first_line", "last_line"]


class ExportError(HubError):
    """The model cannot be exported like this; nothing was written."""


class DifferenceError(ExportError):
    """The exported file does not give what the hub's own prediction gives; it was not kept.

    Attributes:
        begins: the first step or layer whose values differ, or "" if it was not found.
    """

    def __init__(self, message: str, begins: str = "") -> None:
        super().__init__(message)
        self.begins = begins


def first_line(error: BaseException) -> str:
    """What an error says first, in a line without its full stop."""
    return _lines(error)[0]


def last_line(error: BaseException) -> str:
    """What an error says last, where compilers give their reason."""
    return _lines(error)[-1]


def _lines(error: BaseException) -> list[str]:
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    return lines or [type(error).__name__]
