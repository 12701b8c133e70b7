"""Notices an answer whose bytes arrive too slowly to ever end."""

from __future__ import annotations

import time

from .. import settings
from .faults import TrickleError

__all__ = ["SLOWEST", "Pace"]

SLOWEST = 1024  # bytes per second; less for a whole timeout counts as a stall


class Pace:
    """Raises an error if the bytes arrive too slowly over a whole timeout."""

    def __init__(self) -> None:
        self._window = settings.timeout()
        self._since = time.monotonic()
        self._count = 0

    def check(self, count: int) -> None:
        self._count += count
        elapsed = time.monotonic() - self._since
        if elapsed < self._window:
            return
        if self._count < SLOWEST * elapsed:
            raise TrickleError(f"only {self._count} bytes in {elapsed:.0f} seconds")
        self._since += elapsed
        self._count = 0
