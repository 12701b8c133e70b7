"""``--executor``: the commands that can run on many machines, and what such a run prints."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from typing import Any

from .arguments import positive_integer, positive_number
from .streams import say

__all__ = ["add_arguments", "check_arguments", "run_job"]

_SHOWN = 10
"""The failed inputs that are named on stderr; all are in the output."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--executor`` and what goes with it."""
    group = parser.add_argument_group("many machines (the results are files in --output)")
    add = group.add_argument
    add(
        "--executor", metavar="NAME", help="what runs it elsewhere: one that a package adds, as ray"
    )
    add(
        "--processes",
        metavar="N",
        type=positive_integer,
        help="processes, each with the model (default: as many as there is room for)",
    )
    add("--cpus", metavar="N", type=positive_integer, help="processors of each (default: 1)")
    add(
        "--gpus",
        metavar="X",
        type=positive_number,
        help="GPUs of each, such as 0.5 (default: 1 with --device cuda, else none)",
    )
    add("--format", choices=("parquet", "jsonl"), help="of the files (default: parquet)")
    add("--column", metavar="NAME", help="where Parquet files of images have them")


def check_arguments(args: argparse.Namespace, unused: Collection[str] = ()) -> bool:
    """Whether the command is to run elsewhere.

    Args:
        args: the parsed arguments.
        unused: the arguments of the command that do not go with ``--executor``.

    Raises:
        PredictionError: arguments do not go together.
        HubError: there is no such executor.
    """
    from ..prediction.errors import PredictionError
    from ..prediction.executors import check_executor

    if args.executor is None:
        for name in ("processes", "cpus", "gpus", "format", "column"):
            if getattr(args, name) is not None:
                raise PredictionError(f"--{name} is for runs elsewhere: it needs --executor.")
        return False
    for name in unused:
        if getattr(args, name):
            raise PredictionError(f"--{name.replace('_', '-')} does not go with --executor.")
    check_executor(args.executor)
    if args.output is None:
        raise PredictionError(
            "With --executor the results are files: name the folder for them with --output."
        )
    return True


def run_job(args: argparse.Namespace, method: str, options: Mapping[str, Any]) -> int:
    """Does a job by the executor that was asked for, and prints what it did.

    Args:
        args: the parsed arguments.
        method: ``"predict"`` or ``"embed"``.
        options: what the model is run with.

    Returns:
        The exit code: 1 if inputs failed.
    """
    from tqdm import tqdm

    from ..prediction.executors import Job, find_executor
    from .output import print_fields, print_json

    job = Job(
        model=args.model,
        inputs=tuple(args.inputs),
        output=args.output,
        weights=args.weights,
        format=args.format or "parquet",
        processes=args.processes,
        cpus=args.cpus or 1,
        gpus=args.gpus,
        column=args.column,
        options=options,
    )
    # None: show the bar only if stderr is a terminal.
    with tqdm(desc=args.model, unit="piece", disable=None, leave=False) as bar:

        def report(done: int, pieces: int) -> None:
            bar.total = pieces
            bar.update(done - bar.n)

        result = getattr(find_executor(args.executor), method)(job, report)
    for name, error in result.failures[:_SHOWN]:
        say(f"hub: {name}: {error}")
    if result.failed > _SHOWN:
        say(f"hub: {result.failed} inputs failed: their rows in the output have an error.")
    facts = {
        "output": args.output,
        "format": job.format,
        "inputs": result.inputs,
        "failed": result.failed,
        "pieces": result.pieces,
        "done earlier": result.earlier,
    }
    if args.json:
        print_json({name.replace(" ", "_"): value for name, value in facts.items()})
    else:
        print_fields({name: value for name, value in facts.items() if value != 0})
    return 1 if result.failed else 0
