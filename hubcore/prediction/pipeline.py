"""The pipeline: inputs are decoded and preprocessed in threads while the model works.

Decoding, resizing and tensor arithmetic release the interpreter's lock, so threads serve as well
as processes and share memory with the model. At most `ahead` inputs are in flight.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

__all__ = ["default_workers", "loaded_batches"]

In = TypeVar("In")
Out = TypeVar("Out")


def default_workers() -> int:
    """How many threads prepare inputs, by default: one a processor that this process may use."""
    try:
        return max(1, min(8, len(os.sched_getaffinity(0))))
    except AttributeError:  # macOS and Windows have no affinity
        return max(1, min(8, os.cpu_count() or 1))


def loaded_batches(
    items: Iterable[In], load: Callable[[In], Out], *, size: int, workers: int
) -> Iterator[list[tuple[In, Out | Exception]]]:
    """Loads items in threads and gives them in order, `size` at a time.

    Args:
        items: consumed only as far ahead as needed.
        load: called in threads. What it raises stands in its item's place.
        size: items a batch; the last batch may be smaller.
        workers: threads. 0: none, everything happens in the caller's.
    """

    def attempt(item: In) -> Out | Exception:
        try:
            return load(item)
        except Exception as error:
            return error

    loaded = (
        _ahead(items, attempt, workers, 2 * size + workers)
        if workers
        else ((item, attempt(item)) for item in items)
    )
    while batch := list(islice(loaded, size)):
        yield batch


def _ahead(
    items: Iterable[In], load: Callable[[In], Out], workers: int, ahead: int
) -> Iterator[tuple[In, Out]]:
    pool = ThreadPoolExecutor(workers, thread_name_prefix="hubcore-load")
    pending: deque[tuple[In, Future[Out]]] = deque()
    try:
        for item in items:
            pending.append((item, pool.submit(load, item)))
            if len(pending) >= ahead:
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
