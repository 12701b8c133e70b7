"""Why an address did not serve a file, and whether another attempt may help."""

from __future__ import annotations

__all__ = ["AttemptError", "PermanentError", "TemporaryError"]


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
