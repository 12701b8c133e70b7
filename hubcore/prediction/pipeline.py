"""The pipeline: work is spread over threads, and comes back in order.

Decoding, resizing and tensor arithmetic release the interpreter's lock, so threads serve as well
as processes and share memory with the model.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

import torch

__all__ = ["default_workers", "ordered_map"]

In = TypeVar("In")
Out = TypeVar("Out")


def default_workers() -> int:
    """How many threads work, by default: one a processor that this process may use, at most 8."""
    try:
        return max(1, min(8, len(os.sched_getaffinity(0))))
    except AttributeError:  # macOS and Windows have no affinity
        return max(1, min(8, os.cpu_count() or 1))


def ordered_map(
    work: Callable[[In], Out], items: Iterable[In], *, workers: int, ahead: int, threads: int = 1
) -> Iterator[Out]:
    """Calls `work` for each item in threads, and gives what it returns in the items' order.

    Args:
        work: what it raises is raised here, in its turn.
        items: consumed only as far ahead as needed.
        workers: threads. 0: none, everything happens in the caller's.
        ahead: how many items are at work, or done and not yet taken, at a time.
        threads: of torch's arithmetic, for each worker.
    """
    if not workers:
        yield from map(work, items)
        return
    pending: deque[Future[Out]] = deque()
    with _pool(workers, threads) as pool:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def _pool(workers: int, threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads whose arithmetic uses so many threads of torch's, and no more.

    By default each would start as many as there are processors, to fight over these with the
    model's.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="hubcore")
    started = Barrier(workers + 1)

    def start() -> None:
        torch.get_num_threads()  # torch sets a thread up at its first question, undoing the next
        torch.set_num_threads(threads)
        started.wait()

    try:
        everyone = torch.get_num_threads()
        for _ in range(workers):
            pool.submit(start)
        started.wait()
        torch.set_num_threads(everyone)  # for threads to come: the workers keep theirs
        yield pool
    finally:
        started.abort()  # nobody waits for a worker that the system refused
        pool.shutdown(wait=True, cancel_futures=True)
