"""One fetch a cluster: eight stores that want one file from a slow origin, against one store.

Each store is a process with a folder of its own, all on this machine; the processes find one
another through a `torch.distributed.TCPStore`, as those that torchrun starts do. The origin limits
each connection. The marks: it sends at most 1.02 times the file, and all eight are done in at most
1.3 times the time of one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from .download import NAME, RATE, file_server, make_file
from .measure import Options, median
from .results import Table

__all__ = ["run"]

SIZE = 200 * 1000 * 1000
STORES = 8

_STORE = """
import sys, time
from pathlib import Path
import filelock, requests, torch.distributed
import hubcore.store.acquire, hubcore.store.rendezvous
from hubcore.store import RemoteFile, Store
print("ready", flush=True)
sys.stdin.readline()
began = time.process_time()
Store(Path(sys.argv[1])).get(RemoteFile((sys.argv[2],), sys.argv[3]), progress=False)
print(time.monotonic(), time.process_time() - began, flush=True)
sys.stdin.readline()
"""


def run(options: Options) -> list[Table]:
    import torch.distributed as dist

    repeats = max(options.repeats // 2, 1)
    kind: Any = dist.TCPStore  # type: ignore[attr-defined]  # documented, not exported
    rows = []
    with tempfile.TemporaryDirectory(prefix="hubcore-bench-") as name:
        folder = Path(name)
        digest = make_file(folder / "served" / NAME, SIZE)

        def turn(stores: int, connections: str) -> tuple[float, int, float]:
            master = kind("127.0.0.1", 0, is_master=True, wait_for_workers=False)
            variables = {
                "HUBCORE_CONNECTIONS": connections,
                "HUBCORE_PEERS": "torch.distributed" if stores > 1 else "",
                "MASTER_PORT": str(master.port),
            }
            with tempfile.TemporaryDirectory(dir=folder) as homes:
                return _turn(Path(homes), stores, url, digest, variables)

        with file_server(folder / "served", "--rate", str(RATE)) as url:
            for connections in ("1", "16"):
                base = 0.0
                for stores in (1, STORES):
                    figures = [turn(stores, connections) for _ in range(repeats)]
                    seconds, sent, cpu = (median(column) for column in zip(*figures, strict=True))
                    base = base or seconds
                    who = f"{stores}, connections of each: {connections}"
                    rows.append([who, seconds, seconds / base, sent / SIZE, cpu])
    return [
        Table(
            f"{STORES} stores that want one file of {SIZE / 1e6:.0f} MB",
            ["stores", "seconds", "ratio to one", "sent by the origin, files", "CPU seconds, all"],
            rows,
            [
                f"An origin that gives each connection {RATE} MiB/s; until the last store has the "
                "file, verified. Stores and origin share this machine's cores. Medians of "
                f"{repeats} turns.",
            ],
        )
    ]


def _turn(
    folder: Path, stores: int, url: str, digest: str, variables: dict[str, str]
) -> tuple[float, int, float]:
    """Seconds until the last store has the file, what the origin sent, the stores' CPU time."""
    environment = {
        **os.environ,
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "MASTER_ADDR": "127.0.0.1",
        **variables,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _STORE, str(folder / str(number)), url, digest],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(stores)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        before = _sent(url)
        began = time.monotonic()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        ends, cpu = [], 0.0
        for process in processes:
            assert process.stdout is not None
            end, taken = process.stdout.readline().split()
            ends.append(float(end))
            cpu += float(taken)
        return max(ends) - began, _sent(url) - before, cpu
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _sent(url: str) -> int:
    with urlopen(url.rpartition("/")[0] + "/sent-so-far") as answer:
        return int(answer.read())
