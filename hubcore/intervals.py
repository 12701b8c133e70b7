"""Which bytes of a file are there: sorted intervals that do not touch."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterable

__all__ = ["Intervals"]


class Intervals:
    """A set of half-open intervals ``[start, end)``; safe to use from several threads."""

    def __init__(self, pieces: Iterable[tuple[int, int]] = ()) -> None:
        self._pieces: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        for start, end in pieces:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Adds an interval; it may overlap what is there."""
        if start >= end:
            return
        with self._lock:
            pieces = self._pieces
            if pieces and pieces[-1][1] == start:  # the usual case: the next bytes in order
                pieces[-1] = (pieces[-1][0], end)
                return
            first = bisect.bisect_left(pieces, start, key=lambda piece: piece[1])
            last = bisect.bisect_right(pieces, end, key=lambda piece: piece[0])
            if first < last:
                start = min(start, pieces[first][0])
                end = max(end, pieces[last - 1][1])
            pieces[first:last] = [(start, end)]

    def prefix(self) -> int:
        """How far the bytes go without a gap from 0."""
        with self._lock:
            return self._pieces[0][1] if self._pieces and self._pieces[0][0] == 0 else 0

    def count(self) -> int:
        """How many bytes there are."""
        with self._lock:
            return sum(end - start for start, end in self._pieces)

    def missing(self, total: int) -> list[tuple[int, int]]:
        """What lacks to ``[0, total)``, in order."""
        gaps = []
        position = 0
        for start, end in self.as_list():
            if start >= total:
                break
            if position < start:
                gaps.append((position, start))
            position = end
        if position < total:
            gaps.append((position, total))
        return gaps

    def as_list(self) -> list[tuple[int, int]]:
        with self._lock:
            return list(self._pieces)
