"""Partial downloads that no process works on any more, and how that is known."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import shutil
import socket
import time
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "ABANDONED_AFTER",
    "Interrupted",
    "abandoned",
    "bytes_in",
    "interrupted",
    "is_abandoned",
    "is_worked_on",
    "owner_id",
    "remove_free",
]

# Seconds without a write after which a partial is taken from a process on another host, whose state
# cannot be known. A live download times out or retries long before.
ABANDONED_AFTER = 600.0


@functools.cache
def _host() -> str:
    """Identifies the host, its boot and the container, within which process ids are unique."""
    facts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with contextlib.suppress(OSError):
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot, which tells reused process ids apart."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "0"
    return stat.rpartition(")")[2].split()[19]


def owner_id() -> str:
    pid = os.getpid()
    return f"{_host()}-{pid}-{_started(pid)}"


def _is_dead(owner: str) -> bool | None:
    """Whether the owner is dead; None if that cannot be known."""
    host, pid, started, *_ = [*owner.split("-"), "", "", ""]
    if host != _host() or not pid.isdecimal():
        return None
    if os.name == "nt":  # on Windows, os.kill would end the process
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return _started(int(pid)) != started


def is_abandoned(parent: Path, folder: Path) -> tuple[bool, bool]:
    """Whether nobody works on a partial, and whether nobody certainly has its file open."""
    owner = folder.name.partition(".")[2]
    if not owner:
        return True, True
    dead = _is_dead(owner)
    if dead is None:
        return _untouched(parent, folder), False
    return dead, dead


def _untouched(parent: Path, folder: Path) -> bool:
    """Whether nothing was written for `ABANDONED_AFTER` seconds, by the file system's clock."""
    try:
        last = max(path.stat().st_mtime for path in (folder, folder / "data"))
        # A file server's clock may differ from ours: a new file shows its time.
        probe = parent / f".now-{secrets.token_hex(8)}"
        probe.touch()
        now = probe.stat().st_mtime
        probe.unlink()
    except OSError:
        return False
    return now - last > ABANDONED_AFTER


def is_worked_on(parent: Path, key: str) -> bool:
    """Whether a process that may be alive works on a partial of this key."""
    with contextlib.suppress(OSError):
        return any(
            path.name.startswith(f"{key}.") and not is_abandoned(parent, path)[0]
            for path in parent.iterdir()
        )
    return False


def bytes_in(folder: Path) -> int:
    try:
        return (folder / "data").stat().st_size
    except OSError:
        return -1


def remove_free(folder: Path) -> None:
    """Removes a free partial, unless another process claims it at the same moment."""
    own = folder.with_name(f".removed-{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        folder.rename(own)
        _remove(own)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def abandoned(parent: Path, older_than: float = 0.0) -> list[tuple[Path, int]]:
    """The partials that no process works on.

    Args:
        parent: the folder of all partials.
        older_than: only those that have not changed for so many seconds.

    Returns:
        Pairs (folder, size in bytes).
    """
    found = []
    try:
        entries = list(os.scandir(parent))
    except OSError:
        return []
    now = time.time()
    for entry in entries:
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            continue
        if not is_abandoned(parent, path)[0]:
            continue
        with contextlib.suppress(OSError):
            if now - path.stat().st_mtime >= older_than:
                found.append((path, max(bytes_in(path), 0)))
    return found


class Interrupted(NamedTuple):
    """A partial download, as `interrupted` finds it.

    Attributes:
        folder: its folder.
        size: the bytes that are on disk.
        total: the size of the whole file in bytes, or None.
        key: what identifies the file, as `Partial.claim` was told.
        changed: when it last changed, in seconds since the epoch.
    """

    folder: Path
    size: int
    total: int | None
    key: str
    changed: float


def interrupted(parent: Path) -> list[Interrupted]:
    """The partial downloads that no process works on, and what is known of them.

    Args:
        parent: the folder of all partials.
    """
    found = []
    for folder, size in abandoned(parent):
        try:
            state = json.loads((folder / "state.json").read_text("utf-8"))
            changed = folder.stat().st_mtime
        except (OSError, ValueError):
            state, changed = {}, 0.0
        if not isinstance(state, dict):
            state = {}
        total = state.get("total")
        found.append(
            Interrupted(
                folder,
                size,
                total if isinstance(total, int) else None,
                folder.name.partition(".")[0],
                changed,
            )
        )
    return found
