"""Errors of prediction."""

from __future__ import annotations

from ..errors import HubError
from ..printable import printable

__all__ = ["InputError", "PredictionError"]


class PredictionError(HubError, ValueError):
    """No prediction can be made with this model, these weights or these options."""


class InputError(HubError):
    """One input cannot be used. Others may be.

    Attributes:
        source: the name of the input, usually its path.
        reason: what is wrong with the input.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{printable(source)}: {printable(reason)}")
        self.source = source
        self.reason = reason

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str]]:
        return type(self), (self.source, self.reason)  # to and from other processes
