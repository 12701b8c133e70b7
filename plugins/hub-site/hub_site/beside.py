"""Two parts of a work at a time, on two processors."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

__all__ = ["beside"]


@contextmanager
def beside(function: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """Calls a function in another process, while this one goes on; here, where that is not safe.

    Only a process without further threads can be doubled safely, and not on macOS.

    Yields:
        A function that waits for the result and returns it, or raises what was raised.
    """
    doubled = sys.platform == "linux" and threading.active_count() == 1
    if not doubled:
        yield lambda: function(*arguments)
        return
    context = multiprocessing.get_context("fork")
    # Ctrl-C is this process's to answer.
    with ProcessPoolExecutor(1, context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield pool.submit(function, *arguments).result
