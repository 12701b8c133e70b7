"""Errors of exporting."""

from __future__ import annotations

from hubcore.errors import HubError

__all__ = ["DifferenceError", "ExportError"]


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
