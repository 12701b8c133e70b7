"""Predictions on a Ray cluster of this machine: what travels, what memory it takes, and how fast.

The cluster has a head and two nodes, which are processes here. The marks: objects of at most 1.1
times the encoded bytes, also where these are more than the nodes' object stores hold, and at least
0.95 of twice the images a second of one process.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .measure import Options, median
from .results import Table

__all__ = ["run"]

MODEL, WEIGHTS = "mobilenet_v2", "IMAGENET1K_V1"
STORE = 80 * 2**20
"""Bytes of a node's object store; Ray allows no less."""
PHOTOS = 3600
ADDRESSES = "addresses of files"
READ_BY_ACTORS = "a Dataset that reads files"
READ_BY_OTHERS = "the same, read by other processes"
THERE = "a Dataset that is in the stores"
KINDS = (ADDRESSES, READ_BY_ACTORS, READ_BY_OTHERS, THERE)
FASTER = 400
"""Photos whose time is taken."""

_ALONE = """
import sys, time, torch
from pathlib import Path
from hubcore.prediction import Predictor
torch.set_num_threads(1)
predictor = Predictor(sys.argv[1], sys.argv[2], workers=1, batch_size=4, progress=False)
photos = sorted(Path(sys.argv[3]).iterdir())
predictor(photos[:8])
print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
for _ in predictor.stream(photos[:int(sys.argv[4])]):
    pass
print(time.monotonic() - began, flush=True)
"""

_TOKEN = secrets.token_hex(16)  # a process of Ray's keeps the first that it reads


def run(options: Options) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="hubcore-bench-") as name:
        folder = Path(name)
        photos = _photos(folder)
        alone, beside = _without_ray(photos, 1), _without_ray(photos, 2)
        with _cluster(head=0, node=2):
            travelled = [_travelled(what, photos) for what in KINDS]
        with _cluster(head=1, node=1):
            rates = [_rate(photos, folder / f"out{turn}") for turn in range(options.repeats)]
        rate = median(rates)
        rows = [
            ["one process without Ray", alone, alone / alone],
            ["two processes without Ray", beside, beside / (2 * alone)],
            ["two actors, a node each", rate, rate / (2 * alone)],
        ]
        load, size = os.getloadavg()[0], _megabytes(photos)
    return [
        Table(
            f"What travels for {PHOTOS} photos of {size} MB",
            [
                "input",
                "there before, MB",
                "objects made, MB",
                "of the encoded bytes",
                "spilled, MB",
                "largest store, MB",
            ],
            travelled,
            [
                f"Two nodes with two processors and an actor each, and a head. The object store "
                f"of each holds {STORE / 1e6:.0f} MB.",
                "Objects made: all that were put into a store or copied into one by the job.",
            ],
        ),
        Table(
            f"Speed of {MODEL}, one thread a process",
            ["who", "images a second", "of twice one process"],
            rows,
            [
                f"Files, batches of four; of actors between the first and the last part. "
                f"The machine's load at the end was {load:.1f}."
            ],
        ),
    ]


def _photos(folder: Path) -> Path:
    """A folder of photos, copies of a few: each is a file of its own."""
    from photos import imagenet_photos, import_mobilenet  # type: ignore[import-not-found]

    os.environ["HUBCORE_HOME"] = str(folder / "home")
    os.environ["HUBCORE_OFFLINE"] = "1"
    import_mobilenet()
    made = folder / "photos"
    made.mkdir()
    few = [path for path, _ in imagenet_photos()]
    for number in range(PHOTOS):
        shutil.copyfile(few[number % len(few)], made / f"{number:05}.jpg")
    return made


def _megabytes(photos: Path) -> int:
    return round(sum(path.stat().st_size for path in photos.iterdir()) / 1e6)


@contextmanager
def _cluster(head: int, node: int) -> Iterator[None]:
    """A head and two nodes with so many processors each."""
    settings = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # else the actors give way to all other programs
    }
    os.environ.update(settings)  # read when ray is imported
    import ray
    from ray.cluster_utils import Cluster

    first = {"num_cpus": head, "include_dashboard": False, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=first)
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=node, object_store_memory=STORE)
        ray.init(address=cluster.address, log_to_driver=False)
        yield
    finally:
        ray.shutdown()
        cluster.shutdown()


def _travelled(what: str, photos: Path) -> list[Any]:
    """The bytes of all objects that were made, copies on other nodes included."""
    import ray

    import hub_ray

    encoded = sum(path.stat().st_size for path in photos.iterdir())
    inputs: Any = str(photos)
    began = _stores(lambda one: one.cumulative_created_bytes)
    if what != ADDRESSES:
        # Ray reads in the actors what takes as many processors as they do.
        others = {"num_cpus": 0.5} if what == READ_BY_OTHERS else {}
        blocks = PHOTOS // 20
        inputs = ray.data.read_binary_files(str(photos), override_num_blocks=blocks, **others)
    if what == THERE:
        inputs = inputs.materialize()
    before = _stores(lambda one: one.cumulative_created_bytes)
    spilled = sum(_stores(lambda one: one.spilled_bytes_total))
    largest = [0]

    def look() -> None:
        largest[0] = max(largest[0], *_stores(lambda one: one.object_store_bytes_used))

    made = hub_ray.predict(inputs, MODEL, weights=WEIGHTS, batch_size=4, processes=2)
    rows = 0
    for batch in made.iter_batches(batch_size=None, batch_format="pyarrow"):
        rows += len(batch)
        look()
    assert rows == PHOTOS
    created = sum(_stores(lambda one: one.cumulative_created_bytes)) - sum(before)
    spilled = sum(_stores(lambda one: one.spilled_bytes_total)) - spilled
    there = sum(before) - sum(began)
    return [what, there / 1e6, created / 1e6, created / encoded, spilled / 1e6, largest[0] / 1e6]


def _stores(value: Callable[[Any], int]) -> list[int]:
    """A figure of each node's object store."""
    import ray
    from ray._private.internal_api import node_stats  # what `ray memory` reads

    nodes: Any = ray.nodes
    alive = [one for one in nodes() if one["Alive"]]
    places = ((one["NodeManagerAddress"], one["NodeManagerPort"]) for one in alive)
    return [value(node_stats(*place, False).store_stats) for place in places]


def _rate(photos: Path, out: Path) -> float:
    """Images a second of a job, between its first part and its last."""
    from hub_ray.jobs import RayJobs
    from hubcore.prediction.executors import Job

    some = tuple(str(path) for path in sorted(photos.iterdir())[: 2 * FASTER])
    options = {"batch_size": 4, "workers": 1}
    job = Job(MODEL, some, out, weights=WEIGHTS, processes=2, options=options)
    times: list[float] = []
    RayJobs().predict(job, lambda done, pieces: times.append(time.monotonic()))
    first = 3  # by then both actors have loaded the model and done a piece
    return 64 * (len(times) - 1 - first) / (times[-1] - times[first])


def _without_ray(photos: Path, processes: int) -> float:
    """Images a second of plain processes, all together."""
    arguments = [sys.executable, "-c", _ALONE, MODEL, WEIGHTS, str(photos), str(FASTER)]
    running = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    return sum(FASTER / float(one.communicate()[0]) for one in running)
