"""Tasks in threads that never hold up the end of the program."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from ..waiting import wait_for_all

__all__ = ["in_threads"]

T = TypeVar("T")

_PARTING = 0.8  # seconds in which interrupted tasks may tidy up


def in_threads(
    tasks: Sequence[Callable[[], T]], at_once: int, stop: Callable[[], object]
) -> list[T]:
    """Runs tasks in threads, and waits for all of them in a way that Ctrl-C ends at once.

    What waits for the network must not be the main thread: it would see Ctrl-C only when the wait
    ends. A task that does not end when it is told to is left behind, in a daemon thread.

    Args:
        tasks: the tasks.
        at_once: the number of tasks at a time.
        stop: called if the wait is interrupted; makes the tasks end.

    Returns:
        The tasks' results, in order. The first error of a task is raised once all have ended.
    """
    futures: list[Future[T]] = [Future() for _ in tasks]
    todo = deque(
        (future, contextvars.copy_context(), task)
        for future, task in zip(futures, tasks, strict=True)
    )

    def work() -> None:
        while True:
            try:
                future, context, task = todo.popleft()
            except IndexError:
                return
            try:
                result = context.run(task)
            except BaseException as error:  # raised in the thread that waits
                future.set_exception(error)
            else:
                future.set_result(result)

    threads = [
        threading.Thread(target=work, name="hubcore-task", daemon=True)
        for _ in range(min(at_once, len(futures)))
    ]
    try:
        for thread in threads:
            thread.start()
        wait_for_all(futures)
    except BaseException:
        todo.clear()
        stop()
        until = time.monotonic() + _PARTING
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(until - time.monotonic(), 0.0))
        raise
    return [future.result() for future in futures]
