"""Listing: what a fresh process pays for the names, and how that grows with their number."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .measure import Options, best, process, report_of, turns
from .results import Table

__all__ = ["plot", "run"]

LIST = "import hubcore; hubcore.list_models()"
THEIRS = "import torchvision; torchvision.models.list_models()"
OTHERS = 300

_MEMORY = """
{code}
import json
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps(int(peak) / 1024))
"""

_SCALING = """
import json, time
import hubcore
count = {count}
weights = {{"url": "https://example.org/a-0123456789.pth",
           "transforms": "hubcore.transforms:ImageClassification", "meta": {{"num_params": 1}}}}
hubcore.register({{"schema": 1,
    "models": {{f"model{{i}}": {{"task": "image-classification", "weights": f"Model{{i}}_Weights",
                               "architecture": "torchvision.models:resnet18"}}
               for i in range(count)}},
    "weights": {{f"Model{{i}}_Weights": {{"builder": f"model{{i}}", "default": "V1",
                                        "members": {{"V1": weights}}}} for i in range(count)}}}},
    name="many")
def least(action, times):
    found = []
    for _ in range(times):
        start = time.perf_counter(); action(); found.append(time.perf_counter() - start)
    return min(found)
def first():
    hubcore.refresh()
    hubcore.list_models()
numbers = iter(range(count))
def new_weight():
    hubcore.get_weight(f"Model{{next(numbers)}}_Weights.V1")
print(json.dumps([least(first, 5), least(hubcore.list_models, 5), least(new_weight, 50),
    least(lambda: hubcore.get_weight("Model7_Weights.V1"), 200),
    least(lambda: hubcore.get_model_builder("model7"), 200)]))
"""


def run(options: Options) -> list[Table]:
    return [_processes(options), _memory(), _scaling()]


def _processes(options: Options) -> Table:
    hub = shutil.which("hub", path=str(Path(sys.executable).parent)) or "hub"
    times = max(20, 4 * options.repeats)
    with _other_distributions() as folder:
        rivals = {
            "bare interpreter": process("pass"),
            "bare interpreter, 300 other distributions": process("pass", PYTHONPATH=folder),
            "hubcore.list_models()": process(LIST),
            f"hubcore.list_models(), {OTHERS} other distributions": process(
                LIST, PYTHONPATH=folder
            ),
            "hub list": process([hub, "list"]),
            "hub show resnet50": process([hub, "show", "resnet50"]),
        }
        figures = turns(rivals, times)
    theirs = turns({"torchvision.models.list_models()": process(THEIRS)}, options.repeats)
    bare = best(figures["bare interpreter"])
    rows = [
        [name, 1000 * best(seconds), 1000 * (best(seconds) - bare)]
        for name, seconds in (figures | theirs).items()
    ]
    return Table(
        "A fresh process",
        ["process", "ms", "over the bare interpreter, ms"],
        rows,
        [f"Best of {times} turns (torchvision: of {options.repeats})."],
    )


def _memory() -> Table:
    codes = {"bare interpreter": "pass", "hubcore": LIST, "torchvision": THEIRS}
    rows = [[name, report_of(_MEMORY.format(code=code))] for name, code in codes.items()]
    return Table("Peak memory of listing", ["process", "MB"], rows)


def _scaling() -> Table:
    rows = []
    for count in (100, 1_000, 10_000, 100_000):
        first, again, new, known, builder = report_of(_SCALING.format(count=count))
        rows.append([count, 1000 * first, 1000 * again, 1e6 * new, 1e6 * known, 1e6 * builder])
    return Table(
        "Listing against the number of entries",
        [
            "registered models and weights",
            "first list_models, ms",
            "list_models again, ms",
            "get_weight, new, µs",
            "get_weight, known, µs",
            "get_model_builder, µs",
        ],
        rows,
        ["Best of several calls. The first listing looks for installed plugins as well."],
    )


@contextmanager
def _other_distributions() -> Iterator[str]:
    """A folder of distributions that have nothing to do with the hub, as a user's usually do."""
    folder = Path(tempfile.mkdtemp(prefix="hub-benchmark-"))
    for number in range(OTHERS):
        info = folder / f"other_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: other-{number}\n")
        if number % 3 == 0:
            (info / "entry_points.txt").write_text(f"[console_scripts]\nother{number} = a:b\n")
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder)


def plot(tables: list[Table], folder: Path) -> None:
    from .pictures import bars, curve

    bars(
        [str(row[0]) for row in tables[0].rows],
        [float(row[2]) for row in tables[0].rows],
        "ms over the bare interpreter",
        folder / "listing.svg",
        log=True,
    )
    scaling = tables[2]
    curve(
        [row[0] for row in scaling.rows],
        {
            "first list_models, ms": [row[1] for row in scaling.rows],
            "get_weight (new), ms": [row[3] / 1000 for row in scaling.rows],
            "get_model_builder, ms": [row[5] / 1000 for row in scaling.rows],
        },
        ("registered models", "ms"),
        folder / "listing-entries.svg",
    )
