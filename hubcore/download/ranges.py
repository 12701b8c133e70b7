"""Several connections for one file, where one is slow and more of them help.

The first connection streams the whole file while its rate is measured. If the rest would take long,
helpers, which are further connections, download pieces of it. More helpers are added while that
raises the overall rate. The first connection stops where the helpers' pieces begin, but only once a
piece has been served: so a server that ignores ranges costs no time.
"""

from __future__ import annotations

import contextlib
import threading
import time

from .cancellation import CancelledError
from .faults import PermanentError, TemporaryError
from .transfer import Source, Transfer

__all__ = ["Helpers"]

_MIB = 1024 * 1024
_SMALLEST, _LARGEST = 4 * _MIB, 32 * _MIB  # bytes of a piece
_FAST = 150 * _MIB  # bytes per second above which helpers only cost
_MEASURE = 0.4  # seconds over which a rate is measured
_WORTH_IT = 2.0  # seconds that the rest must take for helpers to start
_PARTING = 0.5  # seconds in which helpers may end; what they do later is not written
_GAIN = 1.25  # growth of the overall rate that justifies more helpers


class Helpers:
    """Further connections that download pieces of the file that the first one is streaming.

    Args:
        transfer: the file's transfer.
        source: the address that the first connection streams from.
        end: the offset at which the first connection's body ends, in bytes.
        total: the file's size in bytes.

    Attributes:
        refused: whether the server turned out not to serve ranges of this file.
    """

    def __init__(self, transfer: Transfer, source: Source, end: int, total: int) -> None:
        self._transfer = transfer
        self._source = source
        self._end = end
        self._total = total
        self._max_helpers = max(transfer.connections - 1, 0)  # besides the first connection
        self._changed = threading.Condition()
        self._todo: list[tuple[int, int]] = []
        self._frontier: int | None = None  # where the first connection's part ends
        self._threads: list[threading.Thread] = []
        self._active = 0
        self._confirmed = False
        self._cancel = transfer.cancel.child()
        self._growing = True
        self._fault: TemporaryError | None = None
        self._error: BaseException | None = None
        self.refused = False
        self._marked = time.monotonic()
        self._had = transfer.partial.size
        self._rate = 0.0

    def between(self, position: int) -> int | None:
        """Called by the first connection between reads: adds helpers where they would help.

        Args:
            position: the offset that the first connection has reached, in bytes.

        Returns:
            The offset at which the first connection should stop, or None to read on.
        """
        self._adapt()
        frontier = self._frontier
        if frontier is None or position < frontier:
            return frontier if self._confirmed else None
        with self._changed:
            while self._todo and self._todo[0][0] <= position and not self.refused:
                self._frontier = self._todo.pop(0)[1]  # no helper has begun this piece: read it
            if self._frontier is not None and position < self._frontier:
                return None
        return self._frontier if self._confirmed and not self.refused else None

    def finish(self) -> None:
        """Waits until all pieces have been downloaded.

        Raises:
            TemporaryError: some pieces could not be downloaded.
            CancelledError: the transfer was cancelled.
        """
        if self._threads and self._todo and not self.refused:
            self._max_helpers += 1
            self._launch(1)  # in place of the first connection
        while True:
            with self._changed:
                if self._error is not None:
                    raise self._error
                if not self._active:
                    break
                self._changed.wait(0.05)
            self._transfer.cancel.check()
            self._adapt()
        if self._todo:
            raise self._fault or TemporaryError("the server stopped serving ranges of this file")

    def stop(self) -> None:
        """Stops all helpers; the bytes that they wrote are kept."""
        self._cancel.set()
        until = time.monotonic() + _PARTING
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))
        self._transfer.partial.settle()

    def _adapt(self) -> None:
        """Measures the overall rate, and adds helpers while that raises it."""
        now = time.monotonic()
        elapsed = now - self._marked
        if elapsed < _MEASURE or not self._growing or not self._max_helpers:
            return
        if self.refused:
            return
        had, before = self._transfer.partial.size, self._rate
        self._rate = (had - self._had) / elapsed
        self._marked, self._had = now, had
        left = self._total - had
        if self._rate > _FAST or left < max(2 * _SMALLEST, _WORTH_IT * self._rate):
            return
        if not self._threads:
            self._divide(left)
            self._launch(3)
        elif self._rate >= _GAIN * before:
            self._launch(2 * self._active + 2)
        else:
            self._growing = False

    def _divide(self, left: int) -> None:
        partial = self._transfer.partial
        piece = min(max(left // (8 * (self._max_helpers + 1)), _SMALLEST), _LARGEST)
        # Near, since others of a job read the file from its beginning to the first gap. The first
        # connection goes on where helpers need longer than this for their first bytes.
        begin = partial.have.missing(self._total)[0][0] + max(piece, int(self._rate * _MEASURE))
        gaps = partial.have.missing(self._total, begin)
        with self._changed:
            self._todo = [
                (start, min(start + piece, end))
                for first, end in gaps
                for start in range(first, end, piece)
            ]
            if self._todo:
                self._frontier = min(self._todo[0][0], self._end)
        partial.scatter()

    def _launch(self, count: int) -> None:
        for _ in range(min(count, self._max_helpers - self._active, len(self._todo))):
            thread = threading.Thread(target=self._work, name="hubcore-range", daemon=True)
            self._threads.append(thread)
            with self._changed:
                self._active += 1
            thread.start()

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    if self._cancel.is_set() or self.refused or not self._todo:
                        return
                    start, end = self._todo.pop(0)
                try:
                    self._fetch(start, end)
                except TemporaryError as fault:
                    self._fault = fault
                    if self._transfer.partial.have.missing(end, start) == [(start, end)]:
                        self._growing = False  # perhaps more connections than the server allows
                        return
                finally:
                    with self._changed:
                        rest = self._transfer.partial.have.missing(end, start)
                        self._todo = sorted([*self._todo, *rest])
        except PermanentError:
            self.refused = True
        except CancelledError:
            pass
        except BaseException as error:  # raised in the thread that waits
            self._error = error
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _fetch(self, start: int, end: int) -> None:
        body = self._transfer.open_range(self._source, start, end, self._cancel)
        self._confirmed = True
        self._transfer.copy(body, lambda position: 0 if self.refused else None, self._cancel)
        with contextlib.suppress(OSError):
            self._transfer.partial.save()
