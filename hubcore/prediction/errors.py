"""What can go wrong between an input and its prediction."""

from __future__ import annotations

from ..errors import HubError

__all__ = ["InputError", "PredictionError"]


class PredictionError(HubError):
    """A prediction cannot be made: of this kind of model, with these weights or these options."""


class InputError(HubError):
    """One input cannot be used; others can.

    Attributes:
        source: the input's name, mostly its path.
        reason: what is wrong with it.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
