"""Stops downloads from another thread."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .connections import Waiting
from .faults import AttemptError

if TYPE_CHECKING:
    import requests

__all__ = ["Cancel", "CancelledError"]


class CancelledError(Exception):
    """The download was cancelled; the bytes that arrived are kept."""


class Cancel:
    """Stops downloads from another thread, even while they wait for data."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._open: set[requests.Response] = set()
        self._waits: set[Waiting] = set()
        self._children: weakref.WeakSet[Cancel] = weakref.WeakSet()
        self._lock = threading.Lock()

    def child(self) -> Cancel:
        """A new `Cancel` that is set when this one is, and can also be set alone."""
        child = Cancel()
        with self._lock:
            self._children.add(child)
        if self._event.is_set():
            child.set()
        return child

    def set(self) -> None:
        """Stops all downloads that use this object, now and later."""
        self._event.set()
        with self._lock:
            responses, children = list(self._open), list(self._children)
            waits = list(self._waits)
        for waiting in waits:
            waiting.end()
        for response in responses:
            # It may have just ended, or be in a state in which it cannot be shut down.
            with contextlib.suppress(Exception):
                response.raw.shutdown()
        for child in children:
            child.set()

    def is_set(self) -> bool:
        """Whether `set` was called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises `CancelledError` if `set` was called."""
        if self._event.is_set():
            raise CancelledError

    def sleep(self, seconds: float) -> None:
        """Waits for so many seconds, or raises `CancelledError` as soon as `set` is called."""
        if self._event.wait(seconds):
            raise CancelledError

    @contextlib.contextmanager
    def waiting(self, seconds: float) -> Iterator[Waiting]:
        """Lets `set`, and a time limit in seconds, end a wait for an answer.

        Raises:
            CancelledError: `set` was called, before or meanwhile.
        """
        wait = Waiting(seconds)
        with self._lock:
            self._waits.add(wait)
        try:
            self.check()
            with wait:
                yield wait
        except AttemptError:
            self.check()  # then that is why
            raise
        finally:
            with self._lock:
                self._waits.discard(wait)

    @contextlib.contextmanager
    def closing(self, response: requests.Response) -> Iterator[requests.Response]:
        """Closes the response at the end, and lets `set` shut it down before that.

        Raises:
            CancelledError: `set` was called already.
        """
        with self._lock:
            self._open.add(response)
        try:
            self.check()
            yield response
        finally:
            with self._lock:
                self._open.discard(response)
            response.close()
