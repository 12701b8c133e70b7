"""Measuring: rivals take turns, so that what else the machine does falls on all of them."""

from __future__ import annotations

import gc
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

__all__ = ["Options", "best", "geometric_mean", "median", "process", "seconds", "turns"]

T = TypeVar("T")

median = statistics.median
best = min


class Options(NamedTuple):
    """What the command line asks for.

    Attributes:
        repeats: how often each figure is measured.
        models: only these, where a suite goes over models; empty: all.
    """

    repeats: int = 5
    models: tuple[str, ...] = ()


def turns(
    rivals: Mapping[str, Callable[[], T]], repeats: int, warm_up: int = 1
) -> dict[str, list[T]]:
    """Lets rivals measure themselves in turns, and leaves out the first rounds."""
    figures: dict[str, list[T]] = {name: [] for name in rivals}
    for number in range(repeats + warm_up):
        for name, rival in rivals.items():
            figure = rival()
            if number >= warm_up:
                figures[name].append(figure)
    return figures


def seconds(action: Callable[[], Any]) -> Callable[[], float]:
    """A rival that takes the time of an action; what it returns is freed outside of it."""

    def rival() -> float:
        gc.collect()
        start = time.perf_counter()
        result = action()
        taken = time.perf_counter() - start
        del result
        return taken

    return rival


def process(code: str | list[str], **env: str) -> Callable[[], float]:
    """A rival that takes the time of a whole process: Python code, or a command."""
    command = [sys.executable, "-c", code] if isinstance(code, str) else code

    def rival() -> float:
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **env})
        return time.perf_counter() - start

    return rival


def report_of(code: str, **env: str) -> Any:
    """What a Python process prints as JSON in its last line."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )
    return json.loads(result.stdout.splitlines()[-1])


def geometric_mean(values: Iterable[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))
