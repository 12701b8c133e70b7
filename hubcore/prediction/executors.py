"""Executors: predict and embed elsewhere, such as on a cluster. Installed packages add them::

    [project.entry-points."hubcore.executors"]
    cluster = "acme_cluster.jobs:Cluster"

names a class that is made without arguments and does `Job`s: a `JobExecutor`. It is imported when a
command asks for it by ``--executor cluster``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..catalogs import added
from ..catalogs.known_packages import known_packages
from ..errors import UnknownNameError

__all__ = ["GROUP", "Job", "JobExecutor", "JobResult", "check_executor", "find_executor"]

GROUP = "hubcore.executors"


@dataclass(frozen=True)
class Job:
    """Many inputs for one model, whose results go to files in a folder.

    Attributes:
        model, weights: as for `hubcore.predict`; the model is named, or is an exported file.
        inputs: files, folders and globs; and what else the executor takes, such as addresses.
        output: the folder of the results.
        format: of the files: ``"parquet"`` or ``"jsonl"``.
        processes: their number; None: what there is room for.
        cpus: the processors of each.
        gpus: the GPUs of each; None: one, if the device is one.
        column: the column of a Parquet file that holds the images; None: the only one that can.
        options: those of `Predictor`, or of `hubcore.embedding.Embedder`.
    """

    model: str
    inputs: tuple[str, ...]
    output: Path
    weights: str = "DEFAULT"
    format: str = "parquet"
    processes: int | None = None
    cpus: int = 1
    gpus: float | None = None
    column: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class JobResult(NamedTuple):
    """What a job did.

    Attributes:
        inputs: how many inputs have a row in the output.
        failed: for how many of these it is an error.
        pieces: the pieces that the inputs were cut into, one file each.
        earlier: how many of these were there before, from a job that was interrupted.
        failures: the name and the error of some of those that failed now.
    """

    inputs: int
    failed: int
    pieces: int
    earlier: int
    failures: tuple[tuple[str, str], ...] = ()


Report = Callable[[int, int], object]
"""Is told the pieces that are done, and their number."""


class JobExecutor(Protocol):
    """Does jobs. One that is interrupted and given again goes on where it was."""

    def predict(self, job: Job, report: Report) -> JobResult:
        """Predicts the inputs of a job.

        Raises:
            HubError: the job cannot be done. What is done of it is kept.
        """

    def embed(self, job: Job, report: Report) -> JobResult:
        """Embeds the inputs of a job.

        Raises:
            HubError: the job cannot be done. What is done of it is kept.
        """


def check_executor(name: str) -> added.Installed:
    """The entry of an executor. Imports nothing of its package.

    Args:
        name: the bare name, or ``distribution/name``.

    Raises:
        UnknownNameError: there is none. The error suggests a similar name, or what to install.
        AmbiguousNameError: several packages add one of this name.
        PluginError: ``HUBCORE_DISABLE`` disables the package that adds it.
    """
    entries = added.installed(GROUP)
    found = added.the_one("executor", name, entries)
    if found is not None:
        return found
    for package, offered in known_packages().items():
        if name in offered.get("executor", ()):
            raise UnknownNameError("executor", name, install=package)
    known = sorted({one.name for one in entries})
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"Executors: {', '.join(known) or 'none is installed'}."
    raise UnknownNameError("executor", name, close, hint=None if close else hint)


def find_executor(name: str) -> JobExecutor:
    """An executor, imported and made.

    Raises:
        PluginError: its package is broken.
        HubError: see `check_executor`, and what its package raises.
    """
    entry = check_executor(name)
    try:
        made: Any = added.load("executor", entry)()
    except TypeError as error:
        raise added.fault("executor", entry, f"cannot be used: {error}") from error
    for method in ("predict", "embed"):
        if not callable(getattr(made, method, None)):
            raise added.fault("executor", entry, f"cannot be used: it has no method '{method}'")
    executor: JobExecutor = made
    return executor
