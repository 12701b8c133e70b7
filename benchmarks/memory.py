"""Memory: the peak of loading and a first forward, and four workers that share a model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .loading import MODELS, member_of
from .measure import Options, report_of
from .results import Table
from .seeded import seeded_hub

__all__ = ["plot", "run"]

WORKERS = 4
SHARED = "vit_h_14"

_IMPORTS = (
    "import hubcore, hubcore.building.assembly, hubcore.transforms, json, sys, torch, torchvision\n"
)
_LOADS = {
    "torchvision": (
        "torchvision.models.get_model({name!r}, weights=torchvision.models.get_weight({member!r}))"
    ),
    "hubcore": "hubcore.get_model('seeded/{name}', weights='DEFAULT')",
}
_USAGE = """
torch.set_num_threads(1)
def usage(file, key):
    lines = open(f"/proc/self/{{file}}")
    return sum(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024
"""
_FORWARD = """
model = {load}.eval()
with torch.inference_mode():
    model([torch.rand(3, 480, 640)] if "rcnn" in {name!r} else torch.rand(1, 3, {side}, {side}))
"""
_PEAK = (
    _IMPORTS
    + _USAGE
    + "before, private = usage('status', 'VmHWM'), usage('smaps_rollup', 'Private_Dirty')\n"
    + _FORWARD
    + "print(json.dumps([usage('status', 'VmHWM') - before, "
    "usage('smaps_rollup', 'Private_Dirty') - private]))\n"
)
# A worker says that it is ready and waits, so that all are there when shares are counted.
_WORKER = (
    _IMPORTS
    + _USAGE
    + "print('ready', flush=True); input()\n"
    + "before = usage('smaps_rollup', 'Pss:')\n"
    + "print('counted', flush=True); input()\n"
    + _FORWARD
    + "print('loaded', flush=True); input()\n"
    + "print(json.dumps(usage('smaps_rollup', 'Pss:') - before), flush=True); input()\n"
)


def run(options: Options) -> list[Table]:
    peaks, workers = [], []
    with seeded_hub() as hub:
        for name in options.models or MODELS:
            member = hub.add(name, member_of(name))
            row: list[Any] = [name]
            for rival in _LOADS:
                row += report_of(_filled(_PEAK, rival, name))
            peaks.append([*row, row[1] / row[3]])
            if name == SHARED:
                shares = {rival: _shares(_filled(_WORKER, rival, name)) for rival in _LOADS}
                workers = [[rival, sum(share), max(share)] for rival, share in shares.items()]
            hub.remove(member)
    tables = [
        Table(
            "Peak memory of loading and a first forward, over the imports",
            [
                "model",
                "torchvision, peak MB",
                "of it written, MB",
                "hubcore, peak MB",
                "of it written, MB",
                "peak, times less",
            ],
            peaks,
            [
                "A process each. Written is what it has of its own in the end; the rest is mapped "
                "from the file and shared by all processes."
            ],
        )
    ]
    if workers:
        ratio = workers[0][1] / workers[1][1]
        tables.append(
            Table(
                f"{WORKERS} processes that each load {SHARED} and run a forward",
                ["", "their shares (PSS) over the imports, MB", "largest of them, MB"],
                workers,
                [f"hubcore's take {ratio:.1f} times less."],
            )
        )
    return tables


def _filled(code: str, rival: str, name: str) -> str:
    side = 256 if "swin_v2" in name else 224
    return code.format(
        load=_LOADS[rival].format(name=name, member=str(member_of(name))), name=name, side=side
    )


def _shares(code: str) -> list[float]:
    """What each worker's memory grows by while all of them are there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for _ in range(WORKERS)
    ]
    try:
        answers = [_answer(process) for process in processes]
        for _ in range(3):
            # One after another: torchvision takes twice a model's memory while it loads it.
            answers = [_answer(process, "\n") for process in processes]
        return [float(answer) for answer in answers]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _answer(process: subprocess.Popen[str], question: str = "") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(question)
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "a worker ended early"
    return answer


def plot(tables: list[Table], folder: Path) -> None:
    from .pictures import grouped

    rows = tables[0].rows
    grouped(
        [str(row[0]) for row in rows],
        {
            "torchvision": [float(row[1]) for row in rows],
            "hubcore": [float(row[3]) for row in rows],
            "hubcore, written": [float(row[4]) for row in rows],
        },
        "peak MB over the imports",
        folder / "memory.svg",
    )
