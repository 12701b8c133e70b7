"""`RayExecutor`: runs functions in actors of a Ray cluster, one after the other in each."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

import ray
import torch
from ray.exceptions import RayActorError, RayTaskError

from .errors import RayError

__all__ = ["RayExecutor", "executor"]

RESTARTS = 10
"""How often an actor is started anew, and its function repeated, before its loss is an error."""


class _Worker:
    """A process of the cluster. It keeps what functions keep between two calls, such as a model.

    Args:
        threads: those of torch. Ray allows one for each processor, which changes the last digits.
    """

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return function(*arguments)


class RayExecutor(Executor):
    """Runs functions in a number of actors of the cluster that ``RAY_ADDRESS`` names.

    Without an address Ray is started on this machine, and stopped at the end. A function whose
    process or node ends before its time is run again in another one.

    Args:
        processes: the number of actors. Each has one processor.

    Raises:
        RayError: there is no such cluster, or it has fewer processors.
    """

    def __init__(self, processes: int) -> None:
        self._ours = not ray.is_initialized()
        if self._ours:
            _start(processes)
        resources: Any = ray.cluster_resources  # it has no types
        there = int(resources().get("CPU", 0))
        if there < processes:
            self._stop()
            raise RayError(
                f"The Ray cluster has {there} processors: too few for {processes} processes. "
                f"Start more nodes, or use fewer processes."
            )
        worker: Any = ray.remote(_Worker).options(
            num_cpus=1, max_restarts=RESTARTS, max_task_retries=RESTARTS
        )
        self._workers = [worker.remote(torch.get_num_threads()) for _ in range(processes)]
        self._waiting: Counter[int] = Counter()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Runs a function in the actor with the least to do; both must be picklable."""
        if named:
            raise TypeError("RayExecutor.submit takes no named arguments.")
        number = min(range(len(self._workers)), key=self._waiting.__getitem__)
        self._waiting[number] += 1
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def finish(found: Future[Any]) -> None:
            self._waiting[number] -= 1
            error = found.exception()
            if error is None:
                future.set_result(found.result())
            elif isinstance(error, RayTaskError):  # the function's own, as it raised it
                future.set_exception(error.cause)
            elif isinstance(error, RayActorError):
                future.set_exception(BrokenExecutor(str(error)))
            else:
                future.set_exception(error)

        result = self._workers[number].run.remote(function, arguments)
        result.future().add_done_callback(finish)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the actors, and what they are at: whoever needs a result has waited for it."""
        for worker in self._workers:
            ray.kill(worker)
        self._workers = []
        self._stop()

    def _stop(self) -> None:
        if self._ours:
            ray.shutdown()


def executor(processes: int) -> RayExecutor:
    """The executor ``ray`` of ``hub evaluate``.

    Raises:
        RayError: see `RayExecutor`.
    """
    return RayExecutor(processes)


def _start(processes: int) -> None:
    """Joins the cluster that ``RAY_ADDRESS`` names, or starts Ray on this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS", "")
    if not address:
        options |= {"include_dashboard": False, "num_cpus": max(processes, os.cpu_count() or 1)}
    try:
        _connect(address)
        ray.init(**options)
    except (OSError, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        where = f"at {address}, which RAY_ADDRESS names" if address else "on this machine"
        raise RayError(f"There is no Ray cluster {where}: {reason}") from error


def _connect(address: str) -> None:
    """Asks whether anything listens there: Ray itself tries for minutes, and ends the process."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
