"""Intervals of a file's bytes, such as those that have arrived."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterable

__all__ = ["Intervals"]


class Intervals:
    """A set of half-open intervals ``[start, end)`` of byte offsets.

    They are kept sorted, and merged where they touch. Safe to use from several threads.

    Args:
        pieces: pairs (start, end) to begin with.
    """

    def __init__(self, pieces: Iterable[tuple[int, int]] = ()) -> None:
        self._pieces: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        for start, end in pieces:
            self.add(start, end)

    def add(self, start: int, end: int) -> int:
        """Adds an interval, which may overlap others; returns how many of its bytes are new."""
        if start >= end:
            return 0
        with self._lock:
            pieces = self._pieces
            if pieces and pieces[-1][1] == start:  # the usual case: the next bytes in order
                pieces[-1] = (pieces[-1][0], end)
                return end - start
            first = bisect.bisect_left(pieces, start, key=lambda piece: piece[1])
            last = bisect.bisect_right(pieces, end, key=lambda piece: piece[0])
            joined = pieces[first:last]
            if joined:
                start = min(start, joined[0][0])
                end = max(end, joined[-1][1])
            pieces[first:last] = [(start, end)]
            return end - start - sum(b - a for a, b in joined)

    def prefix(self) -> int:
        """The number of bytes from 0 to the first gap."""
        with self._lock:
            return self._pieces[0][1] if self._pieces and self._pieces[0][0] == 0 else 0

    def count(self) -> int:
        """The number of bytes in all intervals."""
        with self._lock:
            return sum(end - start for start, end in self._pieces)

    def missing(self, stop: int, begin: int = 0) -> list[tuple[int, int]]:
        """The gaps within ``[begin, stop)`` as pairs (start, end), in order."""
        gaps = []
        position = begin
        for start, end in self.as_list():
            if start >= stop:
                break
            if position < start:
                gaps.append((position, start))
            position = max(position, end)
        if position < stop:
            gaps.append((position, stop))
        return gaps

    def as_list(self) -> list[tuple[int, int]]:
        """The intervals as pairs (start, end), in order."""
        with self._lock:
            return list(self._pieces)
