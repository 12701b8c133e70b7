"""Kills and restarts downloaders at random, and counts what was lost or corrupt.

    python scripts/soak.py --kills 300

Several processes want the same few files from a server on loopback that is slow and now and then
breaks off, ignores ranges or never ends; each is killed (kill -9 or SIGTERM) after a random time
and started again. Some are put to sleep before, long enough for others to lose their patience, and
wake later; some are forked into children that download too. After each kill every file under a
final name is hashed. At the end all files must be there, and right.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import servers

REFUSED = 3  # the exit code of a downloader whose servers gave it no file

# With little patience and small pieces, so that what takes minutes in use happens often here.
DOWNLOADER = """
import os, sys, threading, time, traceback
from functools import partial
from pathlib import Path
from hubcore.download import abandoned, ranges
from hubcore.errors import DownloadError
from hubcore.store import RemoteFile, Store, acquire
abandoned.ABANDONED_AFTER = 0.5
acquire.one_at_a_time = partial(acquire.one_at_a_time, patience=0.5)
ranges._SMALLEST, ranges._MEASURE, ranges._WORTH_IT = 256 * 1024, 0.1, 0.2
store = Store(Path(sys.argv[2]))

def get():
    for pair in sys.argv[3:]:
        url, digest = pair.split("|")
        store.get(RemoteFile((url,), digest), progress=False)

def refused(kind, error, trace):
    # A server that never ends gets a plain error, which is no fault.
    traceback.print_exception(kind, error, trace)
    os._exit(REFUSED if isinstance(error, DownloadError) else 1)

sys.excepthook = refused
if sys.argv[1] == "fork":
    def children():
        for number in range(3):
            time.sleep(0.2)
            if not os.fork():
                try:
                    if number:
                        get()
                finally:
                    os._exit(0)
    threading.Thread(target=children, daemon=True).start()
get()
""".replace("REFUSED", str(REFUSED))


@dataclass
class Report:
    """What happened: `corrupt` counts wrong files seen under a final name, `lost` those that
    were there once and then were not, or did not arrive in the end."""

    kills: int = 0
    terminated: int = 0
    slept: int = 0
    forked: int = 0
    finished: int = 0
    failed: int = 0
    refused: int = 0
    resumed: int = 0
    corrupt: int = 0
    lost: int = 0
    left_over: int = 0
    seconds: float = 0.0


def soak(folder: Path, kills: int, size: int, at_once: int, seed: int) -> Report:
    chance = random.Random(seed)
    report = Report()
    began = time.monotonic()
    root = folder / "store"
    with servers.FaultyServer() as server, (folder / "errors").open("ab") as errors:
        pairs = []
        for number in range(3):
            data = chance.randbytes(size + number)
            digest = hashlib.sha256(data).hexdigest()
            # Slow enough that most kills hit a download under way.
            url = server.serve(f"/{number}.pth", data, rate=size / 0.8)
            server.resources[f"/{number}.pth"].faults = [
                chance.choice(
                    [
                        servers.cut(chance.randrange(size)),
                        servers.reset(chance.randrange(size)),
                        servers.ignore_range,
                        servers.endless,
                    ]
                )
                for _ in range(kills // 5)
            ]
            pairs.append(f"{url}|{digest}")
        digests = {pair.partition("|")[2] for pair in pairs}
        seen: set[str] = set()

        def start() -> subprocess.Popen[bytes]:
            order = chance.sample(pairs, len(pairs))
            kind = "fork" if chance.random() < 0.2 else "plain"
            report.forked += kind == "fork"
            return subprocess.Popen(
                [sys.executable, "-c", DOWNLOADER, kind, str(root), *order],
                env={**os.environ, "HUBCORE_TIMEOUT": "10", "HUBCORE_MAX_SIZE": str(4 * size)},
                stderr=errors,
                start_new_session=True,  # a fork's children are killed with it
            )

        running = [start() for _ in range(at_once)]
        sleepers: list[tuple[float, subprocess.Popen[bytes]]] = []
        while report.kills < kills:
            time.sleep(chance.uniform(0.15, 0.9))
            victim = chance.randrange(len(running))
            process = running[victim]
            sleeper = running[chance.randrange(len(running))]
            if sleeper is not process and sleeper.poll() is None and chance.random() < 0.3:
                sleeper.send_signal(signal.SIGSTOP)
                sleepers.append((time.monotonic() + chance.uniform(0.5, 2.5), sleeper))
                report.slept += 1
            sleepers = [pair for pair in sleepers if not _woken(*pair)]
            if process.poll() is None:
                end = chance.choice([signal.SIGKILL, signal.SIGTERM])
                report.terminated += end == signal.SIGTERM
                _end(process, end)
                report.kills += 1
            elif process.returncode == REFUSED:
                report.refused += 1
            elif process.returncode:
                report.failed += 1
            else:
                report.finished += 1
            process.wait()
            _end(process, signal.SIGKILL)  # children that it left behind
            report.corrupt += _wrong(root)
            there = {path.name for path in _blobs(root)}
            report.lost += len(seen - there)
            seen |= there
            if seen == digests:  # all are there: begin anew, with whatever partials are left
                for other in running:
                    _end(other, signal.SIGKILL)
                    other.wait()
                for path in _blobs(root):
                    path.unlink()
                seen = set()
                running = [start() for _ in range(at_once)]
            else:
                running[victim] = start()
        for process in running:
            _end(process, signal.SIGKILL)
            process.wait()
        last = start()
        last.wait()
        report.corrupt += _wrong(root)
        report.lost += len(digests - {path.name for path in _blobs(root)})
        report.left_over = len(list((root / "partial").iterdir()))
        report.resumed = sum("Range" in headers for _, headers in server.requests)
    report.seconds = time.monotonic() - began
    return report


def _woken(until: float, process: subprocess.Popen[bytes]) -> bool:
    """Wakes a sleeping process when its time has come."""
    if time.monotonic() < until:
        return False
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
    return True


def _end(process: subprocess.Popen[bytes], how: int) -> None:
    """Ends a process and its children, also while they sleep."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
        os.killpg(process.pid, signal.SIGCONT)


def _blobs(root: Path) -> list[Path]:
    return [path for path in root.glob("blobs/*/*") if len(path.name) == 64]


def _wrong(root: Path) -> int:
    return sum(hashlib.sha256(path.read_bytes()).hexdigest() != path.name for path in _blobs(root))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--size", type=int, default=5_000_000, help="bytes of each of three files")
    parser.add_argument("--at-once", type=int, default=3, help="processes")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), args.kills, args.size, args.at_once, args.seed)
        if report.failed:
            print((Path(folder) / "errors").read_text()[-5000:])
    print(report)
    return 1 if report.corrupt or report.lost or report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
