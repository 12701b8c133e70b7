"""Downloading: `hubcore.store` against curl, torch.hub, huggingface_hub and pooch.

A file server on loopback and the same ext4 folder for all; each rival in a process of its own,
timed from the call to its return, with its imports done before. So it is seconds for bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .measure import Options, median, report_of, turns
from .results import Table

__all__ = ["file_server", "make_file", "python_rival", "run"]

SIZE = 500 * 1000 * 1000
RATE = 20  # MiB a second and connection, of the limited server
NAME = "weights.pth"

_TIMED = """
import json, sys, time
url, digest, folder = {url!r}, {digest!r}, {folder!r}
{imports}
start = time.perf_counter()
{action}
seconds = time.perf_counter() - start
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([seconds, int(peak) / 1024]))
"""

# What each rival imports before the clock starts, and does while it runs.
RIVALS = {
    "hubcore, verified": (
        "from pathlib import Path\n"
        "import hubcore.store.acquire, filelock, requests\n"
        "from hubcore.store import RemoteFile, Store",
        "Store(Path(folder)).get(RemoteFile((url,), digest), progress=False)",
    ),
    "torch.hub, verified": (
        "from torch.hub import download_url_to_file",
        "download_url_to_file(url, folder + '/x', digest, progress=False)",
    ),
    "huggingface_hub, no hash": (
        "from huggingface_hub.file_download import http_get",
        "with open(folder + '/x', 'wb') as file: http_get(url, file)",
    ),
    "pooch, verified": (
        "import pooch; pooch.get_logger().setLevel('ERROR')",
        "pooch.retrieve(url, 'sha256:' + digest, fname='x', path=folder)",
    ),
}


def run(options: Options) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="hubcore-bench-") as name:
        folder = Path(name)
        digest = make_file(folder / "served" / NAME, SIZE)
        return [_fast(folder, digest, options), _limited(folder, digest, options)]


def _fast(folder: Path, digest: str, options: Options) -> Table:
    peaks: dict[str, float] = {}
    with file_server(folder / "served") as url:
        rivals: dict[str, Callable[[], float]] = {
            "curl, no hash": _curl(url, folder),
            "curl, then sha256sum": _curl(url, folder, "sha256sum {file}"),
        }
        for name, (imports, action) in RIVALS.items():
            rivals[name] = python_rival(name, imports, action, url, digest, folder, peaks)
        figures = turns(rivals, options.repeats)
    base = median(figures["curl, no hash"])
    rows = [
        [name, median(times), min(times), median(times) / base, peaks.get(name, "")]
        for name, times in figures.items()
    ]
    return Table(
        "A fast link",
        ["rival", "seconds", "best", "ratio to curl", "peak memory, MB"],
        rows,
        [
            f"{SIZE / 1e6:.0f} MB over loopback to the disk's page cache; medians of "
            f"{options.repeats} turns. Processes with torch have its memory too.",
        ],
    )


def _limited(folder: Path, digest: str, options: Options) -> Table:
    imports, action = RIVALS["hubcore, verified"]
    repeats = max(options.repeats // 2, 1)
    with file_server(folder / "served", "--rate", str(RATE)) as url:
        one = python_rival("", imports, action, url, digest, folder, {}, HUBCORE_CONNECTIONS="1")
        rivals = {
            "curl, one connection, no hash": _curl(url, folder),
            "hubcore, one connection": one,
            "hubcore as it chooses": python_rival("", imports, action, url, digest, folder, {}),
        }
        figures = turns(rivals, repeats, warm_up=0)
    base = median(figures["curl, one connection, no hash"])
    return Table(
        f"A server that gives each connection {RATE} MiB/s",
        ["rival", "seconds", "times as fast as curl"],
        [[name, median(times), base / median(times)] for name, times in figures.items()],
        [f"{SIZE / 1e6:.0f} MB; medians of {repeats} turns."],
    )


def python_rival(
    name: str,
    imports: str,
    action: str,
    url: str,
    digest: str,
    folder: Path,
    peaks: dict[str, float],
    **environment: str,
) -> Callable[[], float]:
    def rival() -> float:
        with _empty(folder) as target:
            code = _TIMED.format(
                imports=imports, action=action, url=url, digest=digest, folder=str(target)
            )
            seconds, peak = report_of(code, HF_HUB_DISABLE_PROGRESS_BARS="1", **environment)
        peaks[name] = max(peaks.get(name, 0.0), peak)
        return float(seconds)

    return rival


def _curl(url: str, folder: Path, then: str = "") -> Callable[[], float]:
    def rival() -> float:
        with _empty(folder) as target:
            file = target / "x"
            start = time.perf_counter()
            subprocess.run(["curl", "--silent", "--fail", "-o", str(file), url], check=True)
            if then:
                subprocess.run(
                    then.format(file=file).split(), check=True, stdout=subprocess.DEVNULL
                )
            return time.perf_counter() - start

    return rival


@contextlib.contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    """A new folder, gone afterwards: nobody pays for deleting another's file."""
    target = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield target
    finally:
        shutil.rmtree(target)


@contextlib.contextmanager
def file_server(folder: Path, *options: str) -> Iterator[str]:
    """A server of a folder; gives the address of `NAME` in it."""
    script = Path(__file__).with_name("file_server.py")
    server = subprocess.Popen(
        [sys.executable, str(script), str(folder), *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/{NAME}"
    finally:
        server.kill()
        server.wait()


def make_file(path: Path, size: int) -> str:
    """Bytes that do not compress; returns their SHA-256."""
    path.parent.mkdir()
    digest = hashlib.sha256()
    with path.open("wb") as file:
        left = size
        while left:
            piece: Any = os.urandom(min(left, 1024 * 1024))
            file.write(piece)
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()
