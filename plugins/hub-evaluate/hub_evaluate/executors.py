"""Executors: run an evaluation in several processes. Ours uses this machine; packages add others::

    [project.entry-points."hub_evaluate.executors"]
    cluster = "acme_cluster.evaluation:executor"

names a function that takes the number of processes and returns a `concurrent.futures.Executor`,
whose `submit` runs a function in any process that has the same packages and can read the data.
"""

from __future__ import annotations

import difflib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from hubcore.catalogs import added
from hubcore.catalogs.added import Installed

from .errors import EvaluationError

__all__ = ["GROUP", "OURS", "check_executor", "open_executor"]

GROUP = "hub_evaluate.executors"
OURS = "processes"


def check_executor(name: str) -> Installed | None:
    """The entry of an executor; None for ours.

    Raises:
        EvaluationError: there is none of this name. The error suggests a similar one.
        HubError: several packages add one of this name, or it is disabled.
    """
    if name == OURS:
        return None
    entries = added.installed(GROUP)
    found = added.the_one("executor", name, entries)
    if found is None:
        known = [OURS, *sorted(one.name for one in entries)]
        close = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise EvaluationError(f"Unknown executor '{name}'.{hint} Installed are: {', '.join(known)}")
    return found


@contextmanager
def open_executor(name: str, processes: int) -> Iterator[Executor]:
    """An executor, shut down at the end.

    Args:
        name: ``processes`` for processes of this machine, or the name of one that a package adds.
        processes: their number.

    Raises:
        HubError: see `check_executor`, and what the package's function raises.
    """
    entry = check_executor(name)
    made: object
    if entry is None:
        spawn = multiprocessing.get_context("spawn")  # threads and CUDA do not outlive a fork
        made = ProcessPoolExecutor(processes, spawn, initializer=_start)
    else:
        try:
            made = added.load("executor", entry)(processes)
        except TypeError as error:
            raise added.fault("executor", entry, f"cannot be used: {error}") from error
        if not isinstance(made, Executor):
            kind = type(made).__name__
            raise added.fault("executor", entry, f"gives a {kind}, no concurrent.futures.Executor")
    with made as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _start() -> None:
    """Prepares a process: it ends silently with Ctrl-C, and whenever its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
