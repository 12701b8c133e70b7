"""Spreads work over threads, and returns the results in order.

Decoding, resizing and tensor arithmetic release the interpreter's lock, so threads do as well as
processes, and share memory with the model.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Protocol, TypeVar

from ..waiting import wait_for, wait_for_all

__all__ = ["SAME_THREADS", "Threads", "default_workers", "ordered_map"]

In = TypeVar("In")
Out = TypeVar("Out")


class Threads(Protocol):
    """How worker threads are set up, for libraries that keep a number of threads for each."""

    def in_worker(self) -> object:
        """Called once in each worker, before its work."""

    def afterwards(self) -> object:
        """Called in the caller's thread, when all workers are set up."""


class _SameThreads:
    """Workers that are like all other threads."""

    def in_worker(self) -> None:
        pass

    def afterwards(self) -> None:
        pass


SAME_THREADS: Threads = _SameThreads()


def default_workers() -> int:
    """The default number of threads: one per processor that this process may use, at most 8."""
    try:
        return max(1, min(8, len(os.sched_getaffinity(0))))
    except AttributeError:  # macOS and Windows have no affinity
        return max(1, min(8, os.cpu_count() or 1))


def ordered_map(
    work: Callable[[In], Out],
    items: Iterable[In],
    *,
    workers: int,
    ahead: int,
    threads: Threads = SAME_THREADS,
) -> Iterator[Out]:
    """Calls ``work`` for each item in threads, and yields the results in the items' order.

    Args:
        work: the function to call. An exception that it raises is raised in place of its result.
        items: the items, consumed only as far ahead as needed.
        workers: the number of threads. 0: everything runs in the caller's thread.
        ahead: the largest number of items that are in progress, or done but not yet consumed.
        threads: how the workers are set up.
    """
    if not workers:
        yield from map(work, items)
        return
    pending: deque[Future[Out]] = deque()
    with _pool(workers, threads) as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) >= ahead:
                    yield wait_for(pending[0])
                    pending.popleft()
            while pending:
                yield wait_for(pending[0])
                pending.popleft()
        finally:
            # What has begun is waited for here: the pool's own wait would not notice Ctrl-C.
            wait_for_all([future for future in pending if not future.cancel()])


@contextmanager
def _pool(workers: int, threads: Threads) -> Iterator[ThreadPoolExecutor]:
    """A pool whose workers are all set up."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="hubcore")
    started = Barrier(workers)

    def start() -> None:
        threads.in_worker()
        started.wait()  # so that each worker starts once

    try:
        for future in [pool.submit(start) for _ in range(workers)]:
            wait_for(future)
        threads.afterwards()
        yield pool
    finally:
        started.abort()  # so that no worker waits for one that could not be started
        pool.shutdown(wait=True, cancel_futures=True)
