"""Errors of engines."""

from __future__ import annotations

from hubcore.prediction.errors import PredictionError

__all__ = ["FileError"]


class FileError(PredictionError):
    """An exported file cannot be used: it is damaged, is of another kind, or says wrong things."""
