"""Jobs on Ray: ``hub predict ... --executor ray`` and ``hub embed ... --executor ray``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from hubcore.catalogs.names import find_model
from hubcore.download.hashing import sha256_of
from hubcore.prediction.choice import check_device, chosen_weights
from hubcore.prediction.engines import find_engine, is_exported
from hubcore.prediction.executors import Job, JobResult
from hubcore.prediction.tasks import require_task
from hubcore.waiting import TICK
from hubcore.weights.enums import WeightsEnum
from hubcore.weights.traces import trace

from .errors import RayError
from .parts import counts_of, part_path
from .pieces import pieces_of
from .plan import Folder, Plan
from .work import Done, Setup, do_piece, same_shape

__all__ = ["RayJobs", "Report", "gpus_of", "planned", "run"]

Report = Callable[[int, int], object]


class RayJobs:
    """The executor ``ray`` of ``hub predict`` and ``hub embed``."""

    def predict(self, job: Job, report: Report) -> JobResult:
        """Predicts the inputs of a job.

        Raises:
            RayError: the folder, the inputs or the cluster cannot be used.
            HubError: as for `hubcore.predict`.
        """
        return _of_command(job, False, report)

    def embed(self, job: Job, report: Report) -> JobResult:
        """Embeds the inputs of a job.

        Raises:
            RayError, HubError: as for `predict`.
        """
        return _of_command(job, True, report)


def _of_command(job: Job, embeds: bool, report: Report) -> JobResult:
    # Ray prints what it has to say of lost processes on stdout, which is the command's own.
    with redirect_stdout(sys.stderr):
        return run(job, embeds, report)


def run(job: Job, embeds: bool, report: Report) -> JobResult:
    """Does a job: what is missing in its folder.

    Args:
        job: the job.
        embeds: vectors are wanted in place of predictions.
        report: is told the pieces that are done, and their number.

    Raises:
        RayError, HubError: see `RayJobs`.
    """
    plan, setup = planned(job, embeds)
    with Folder(job.output, plan).opened() as folder:
        missing = [index for index in range(len(plan.pieces)) if index not in folder.done]
        earlier = len(plan.pieces) - len(missing)
        counts = [
            counts_of(part_path(folder.path, index, job.format)) for index in sorted(folder.done)
        ]
        inputs, failed = sum(one.inputs for one in counts), sum(one.failed for one in counts)
        shape: tuple[int, ...] | None = None
        for one in counts:
            shape = same_shape(shape, one.shape) if one.shape else shape
        failures: list[tuple[str, str]] = []
        report(earlier, len(plan.pieces))
        for number, done in enumerate(_done(job, setup, plan, folder, missing), earlier + 1):
            folder.require_weights(done.sha256, f"the machine {done.node}")
            shape = same_shape(shape, done.shape) if done.shape else shape
            inputs, failed = inputs + done.inputs, failed + done.failed
            failures += done.failures
            report(number, len(plan.pieces))
        return JobResult(inputs, failed, len(plan.pieces), earlier, tuple(failures))


def _done(
    job: Job, setup: Setup, plan: Plan, folder: Folder, missing: Sequence[int]
) -> Iterator[Done]:
    """Does the missing pieces, and yields what is told of each as soon as it is done."""
    if not missing:
        return
    from .executor import RayExecutor  # imports torch

    waiting, running = iter(missing), set[Future[Done]]()
    with RayExecutor(job.processes, cpus=job.cpus, gpus=gpus_of(job)) as executor:
        while True:
            while len(running) < 3 * executor.processes:
                index = next(waiting, None)
                if index is None:
                    break
                piece = plan.pieces[index]
                arguments = (folder.digest, setup, piece, folder.path, index, job.format)
                running.add(executor.submit(do_piece, *arguments))
            if not running:
                return
            finished, running = wait(running, TICK, FIRST_COMPLETED)
            for future in finished:
                try:
                    yield future.result()
                except BrokenExecutor as error:
                    raise RayError(
                        "Processes of the cluster ended before their time, again and again: they "
                        f"were killed, or lacked memory. What is done is in {folder.path}, and the "
                        "same call goes on there."
                    ) from error


def gpus_of(job: Job) -> float:
    """The GPUs of each process of a job."""
    if job.gpus is not None:
        return job.gpus
    return 1.0 if str(job.options.get("device", "cpu")).startswith("cuda") else 0.0


def planned(job: Job, embeds: bool, listed: bool = True) -> tuple[Plan, Setup]:
    """What a job does, after all checks that need neither the cluster nor torch.

    Args:
        job: the job.
        embeds: vectors are wanted in place of predictions.
        listed: whether the job has inputs that can be listed.

    Raises:
        HubError: see `run`.
    """
    options = {name: value for name, value in job.options.items() if value is not None}
    check_device(str(options.get("device", "cpu")))
    if "engine" in options:
        find_engine(options["engine"])
    model, weights = job.model, job.weights
    if job.format not in ("parquet", "jsonl"):
        raise RayError(f"The format is 'parquet' or 'jsonl', not {job.format!r}.")
    if is_exported(model):
        model, task, made_by = _of_file(model, options)
    else:
        entry = find_model(model)
        task = options.get("task") or entry.task
        require_task(task)
        chosen, _ = chosen_weights(entry, weights)
        if isinstance(chosen, WeightsEnum):  # the user's rules: those of the machines may be others
            chosen.value.file.require_permit()
        name, sha256 = trace(chosen)
        made_by = {"model": entry.canonical, "weights": name}, sha256
    facts = {
        "kind": "embeddings" if embeds else "predictions",
        **made_by[0],
        "options": options,
        "format": job.format,
    }
    batch_size = options.get("batch_size")
    pieces = pieces_of(job.inputs, task, batch_size, job.column) if listed else []
    options.setdefault("workers", job.cpus)
    return Plan(facts, made_by[1], pieces), Setup(model, weights, embeds, options)


def _of_file(
    model: str, options: Mapping[str, Any]
) -> tuple[str, str, tuple[dict[str, str], str | None]]:
    """An exported file: its whole path, its task, and what it is told apart by."""
    from hubcore.prediction import Predictor  # imports torch

    path = str(Path(model).absolute())
    task = Predictor(path, **options).task  # the file says what it takes
    return path, task, ({"model": Path(model).name, "weights": sha256_of(Path(path))}, None)
