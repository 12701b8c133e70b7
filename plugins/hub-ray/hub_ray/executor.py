"""`RayExecutor`: runs functions in actors of a Ray cluster, one after the other in each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

import ray
import torch
from ray.exceptions import RayActorError, RayTaskError

from .cluster import connect, processes_for

__all__ = ["RayExecutor", "executor"]

LOSSES = 10
"""How often a function is repeated because its process ended, before that is an error; and how many
processes in a row may end before they are ready."""
AHEAD = 2
"""Functions that an actor is given at a time: the second waits there while the first runs."""


class _Process:
    """A process of the cluster. It keeps what functions keep between two calls, such as a model.

    Args:
        threads: those of torch.
    """

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def ready(self) -> None:
        pass

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return function(*arguments)


@dataclass(eq=False)
class _Call:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any]
    losses: int = 0


@dataclass(eq=False)
class _Actor:
    handle: Any
    calls: int = 0


class RayExecutor(Executor):
    """Runs functions in a number of actors of the cluster that ``RAY_ADDRESS`` names.

    Without an address Ray is started on this machine, and stopped at the end. A function whose
    process or node ends before its time is run again in another one; where nodes are gone for good,
    the processes that are left do all the work.

    Args:
        processes: the number of actors; None: as many as the cluster has room for.
        cpus: the processors of each.
        gpus: the GPUs of each, such as 1 or 0.5. Each sees only its own.
        threads: those of torch in each; by default as many as it has processors.

    Attributes:
        processes: the number of actors.

    Raises:
        RayError: there is no such cluster, or it is too small.
    """

    def __init__(
        self,
        processes: int | None,
        *,
        cpus: int = 1,
        gpus: float = 0.0,
        threads: int | None = None,
    ) -> None:
        self._ours = connect((processes or 1) * cpus)
        try:
            self.processes = processes_for(processes, cpus, gpus)
        except BaseException:
            self._disconnect()
            raise
        # Ray would start an actor of its own accord at another place, but not say that it did.
        options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": 0, "max_task_retries": 0}
        make: Any = ray.remote(_Process).options(**options)
        self._make: Callable[[], Any] = lambda: make.remote(threads or cpus)
        self._waiting: deque[_Call] = deque()
        self._actors: list[_Actor] = []  # those that are ready
        self._starting: set[_Actor] = set()
        self._losses = 0  # in a row, of actors that were starting
        self._broken = ""  # why no more are started
        self._events: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = Thread(target=self._watch, name="hub-ray", daemon=True)
        self._thread.start()
        for _ in range(self.processes):
            self._events.put(self._start)

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Runs a function in the next actor that is free; both must be picklable."""
        if named:
            raise TypeError("RayExecutor.submit takes no named arguments.")
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self._waiting.append(_Call(function, arguments, future))
        self._events.put(self._feed)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the actors, and what they are at: whoever needs a result has waited for it."""
        self._events.put(None)
        self._thread.join()
        for actor in [*self._actors, *self._starting]:
            ray.kill(actor.handle)
        self._actors, self._starting = [], set()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._ours:
            ray.shutdown()

    # All below runs in the thread that watches, so that nothing need be locked.

    def _watch(self) -> None:
        while (event := self._events.get()) is not None:
            event()

    def _when_done(self, result: Any, then: Callable[[BaseException | None, Any], None]) -> None:
        def note(found: Future[Any]) -> None:  # in a thread of Ray's, which must not wait
            error = found.exception()
            value = None if error else found.result()
            self._events.put(lambda: then(error, value))

        result.future().add_done_callback(note)

    def _start(self) -> None:
        actor = _Actor(self._make())
        self._starting.add(actor)

        def started(error: BaseException | None, _: Any) -> None:
            self._starting.discard(actor)
            if error is None:
                self._losses = 0
                self._actors.append(actor)
                self._feed()
                return
            self._losses += 1
            if self._losses <= LOSSES:
                self._start()
            else:
                self._broken = str(error)
            self._feed()

        self._when_done(actor.handle.ready.remote(), started)

    def _feed(self) -> None:
        """Gives the functions that wait to the actors with the least to do."""
        while self._waiting and self._actors:
            actor = min(self._actors, key=lambda one: one.calls)
            if actor.calls >= AHEAD:
                return
            self._run(actor, self._waiting.popleft())
        if not (self._actors or self._starting):
            while self._waiting:
                self._waiting.popleft().future.set_exception(BrokenExecutor(self._broken))

    def _run(self, actor: _Actor, call: _Call) -> None:
        actor.calls += 1

        def finished(error: BaseException | None, value: Any) -> None:
            actor.calls -= 1
            if error is None:
                call.future.set_result(value)
            elif isinstance(error, RayActorError):
                self._lost(actor, call, error)
            elif isinstance(error, RayTaskError):  # the function's own, as it raised it
                call.future.set_exception(error.cause)
            else:
                call.future.set_exception(error)
            self._feed()

        self._when_done(actor.handle.run.remote(call.function, call.arguments), finished)

    def _lost(self, actor: _Actor, call: _Call, error: RayActorError) -> None:
        if actor in self._actors:  # else another of its functions told so already
            self._actors.remove(actor)
            ray.kill(actor.handle)  # it may be out of reach only
            self._start()
        call.losses += 1
        if call.losses > LOSSES:
            call.future.set_exception(BrokenExecutor(str(error)))
        else:
            self._waiting.appendleft(call)


def executor(processes: int) -> RayExecutor:
    """The executor ``ray`` of ``hub evaluate``: torch has as many threads in each process as here.

    Raises:
        RayError: see `RayExecutor`.
    """
    return RayExecutor(processes, threads=torch.get_num_threads())
