"""Files that are being fetched, offered to the other processes of a job while they grow.

What has arrived is not verified before its end, so whoever reads it believes none of it before it
has hashed the whole itself. If what arrived is discarded, or the fetch ends early, readers are hung
up on, and go on elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import BinaryIO

from ..download.partial import Partial

__all__ = ["Growing", "Reader"]

_POLL = 0.05  # seconds


class Growing:
    """A file that this process is fetching.

    Args:
        partial: what has arrived of it.
    """

    def __init__(self, partial: Partial) -> None:
        self._partial = partial
        self._failed = False

    @property
    def total(self) -> int | None:
        """The size of the whole file in bytes; None where it is not known (yet)."""
        total = self._partial.state.get("total")
        return total if isinstance(total, int) and not self._partial.state.get("encoded") else None

    def fail(self) -> None:
        """Hangs up on all readers: there will be no more of it."""
        self._failed = True

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader | None]:
        """A reader of what has arrived and will; None if there is nothing to read yet."""
        total = self.total
        try:
            file = self._partial.data.open("rb", buffering=0)
        except OSError:  # it has its final name by now, or is gone
            yield None
            return
        with file:
            yield None if total is None else Reader(self, self._partial, file, total)

    def has_failed(self) -> bool:
        return self._failed


class Reader:
    """Reads a growing file in order, and waits for what has not arrived.

    Attributes:
        total: the size of the whole file in bytes.
        file: the file.
    """

    def __init__(self, growing: Growing, partial: Partial, file: BinaryIO, total: int) -> None:
        self.total = total
        self._growing = growing
        self._partial = partial
        self.file = file

    def wait(self, position: int, patience: float) -> int:
        """The number of bytes that are there from an offset; 0 if no more will come.

        Args:
            position: the offset.
            patience: seconds to wait while nothing arrives.
        """
        until, seen = time.monotonic() + patience, -1
        while not self._growing.has_failed():
            have = self._partial.prefix
            if not self._is_the_same(have):
                break
            if have > position:
                return have - position
            if have != seen:
                until, seen = time.monotonic() + patience, have
            elif time.monotonic() > until:
                break
            time.sleep(_POLL)
        return 0

    def _is_the_same(self, have: int) -> bool:
        """Whether this is still the file that grows: what was discarded has another one."""
        mine = os.fstat(self.file.fileno())
        try:
            now = self._partial.data.stat()
        except OSError:  # complete, verified, and renamed; or discarded
            return have == self.total and not self._growing.has_failed()
        return (now.st_dev, now.st_ino) == (mine.st_dev, mine.st_ino)
