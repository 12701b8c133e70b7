"""How the main thread waits for others: so that Ctrl-C is noticed while it does.

A signal may arrive in another thread, or just before the wait begins. Python's handler runs in the
main thread only, and not until the wait ends: one without a time limit might never.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, TypeVar

__all__ = ["join", "wait_for", "wait_for_all"]

T = TypeVar("T")

TICK = 0.1  # seconds


def wait_for(future: Future[T]) -> T:
    """Waits until a future is done, and returns its result or raises its error."""
    wait_for_all([future])
    return future.result()


def wait_for_all(futures: Collection[Future[Any]]) -> None:
    """Waits until all of these are done, whether they succeed or not."""
    while wait(futures, timeout=TICK).not_done:
        pass


def join(thread: Thread) -> None:
    """Waits until a thread has ended."""
    while thread.is_alive():
        thread.join(TICK)
