"""Why an address did not serve a file, and whether another attempt may help."""

from __future__ import annotations

from ..errors import NotEnoughSpaceError

__all__ = [
    "AttemptError",
    "ChangedError",
    "NoRoomError",
    "PermanentError",
    "TemporaryError",
    "TrickleError",
]


class AttemptError(Exception):
    """An address did not serve the file; the message is the reason."""


class PermanentError(AttemptError):
    """Another attempt would not help."""


class TemporaryError(AttemptError):
    """Another attempt may help.

    Attributes:
        retry_after: the seconds that the server asks to wait, or None.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TrickleError(TemporaryError):
    """The bytes arrive too slowly to count as progress."""


class ChangedError(TemporaryError):
    """The bytes on disk are not of this address's file, and were discarded."""


class NoRoomError(PermanentError):
    """The disk has no room for what this address says the file has; another may say less.

    Attributes:
        error: the error for the user, if none does.
    """

    def __init__(self, error: NotEnoughSpaceError) -> None:
        super().__init__(str(error))
        self.error = error
