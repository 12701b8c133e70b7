"""Partial files: downloads that one process owns, and that a later one can resume.

A partial is a folder. It is called ``KEY`` while it is free and ``KEY.OWNER`` while a process works
on it. A process claims it by renaming it, which succeeds for one process only, even without locks.
It contains ``data``, the bytes, and ``state.json``: what the server said about the file, and which
bytes have arrived.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any

from .intervals import Intervals

__all__ = ["ABANDONED_AFTER", "Partial", "abandoned", "remove_free"]

# Seconds without a write after which a partial is taken from a process on another host, whose state
# cannot be known. A live download times out or retries long before.
ABANDONED_AFTER = 600.0


class Partial:
    """A partial file that this process owns; made by `claim`.

    Attributes:
        folder: its folder.
        state: what is known about the file: ``source`` (its address), ``etag``, ``modified``,
            ``total`` (its size in bytes), ``encoded`` (whether the transfer is compressed) and
            ``ended`` (whether a body of unknown length is complete).
        have: the intervals of bytes that are on disk.
    """

    def __init__(self, folder: Path, parent: Path, key: str) -> None:
        self.folder = folder
        self._parent = parent
        self._key = key
        self._lock = threading.Lock()
        self.state: dict[str, Any] = {}
        self.have = Intervals()
        self._scattered = False
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self.data, flags, 0o666)
        self._load()

    @classmethod
    def claim(cls, parent: Path, key: str) -> Partial:
        """Claims the largest free partial of a key, or makes a new one.

        Args:
            parent: the folder of all partials; made if it is missing.
            key: what identifies the file, without dots.
        """
        parent.mkdir(parents=True, exist_ok=True)
        own = parent / f"{key}.{_owner()}-{secrets.token_hex(4)}"
        claimed = False
        for candidate in sorted(_free(parent, key), key=_bytes_in, reverse=True):
            if claimed:
                remove_free(candidate)  # a smaller one, which is no longer needed
                continue
            try:
                candidate.rename(own)
            except OSError:
                continue  # another process claimed it first
            claimed = True
        if not claimed:
            own.mkdir()
        return cls(own, parent, key)

    @property
    def data(self) -> Path:
        """The path of the bytes."""
        return self.folder / "data"

    @property
    def size(self) -> int:
        """The number of bytes on disk, wherever in the file they are."""
        return self.have.count()

    @property
    def prefix(self) -> int:
        """The number of bytes on disk from the file's beginning to the first gap."""
        return self.have.prefix()

    def write(self, chunk: bytes, offset: int) -> int:
        """Writes bytes at an offset in the file, and returns how many of them are new.

        Safe to call from several threads.

        Raises:
            OSError: the bytes cannot be written, for instance because the disk is full.
        """
        view = memoryview(chunk)
        start = offset
        gained = 0
        try:
            while view:
                if hasattr(os, "pwrite"):
                    written = os.pwrite(self._fd, view, offset)
                else:  # Windows
                    with self._lock:
                        os.lseek(self._fd, offset, os.SEEK_SET)
                        written = os.write(self._fd, view)
                offset += written
                view = view[written:]
        finally:  # a part may have been written before the disk was full
            gained = self.have.add(start, offset)
        return gained

    def scatter(self) -> None:
        """Announces writes out of order, after which the file's size no longer says what it has."""
        self._scattered = True
        self.save()

    def save(self) -> None:
        """Writes the state to disk, so that another process can resume."""
        state = dict(self.state)
        if self._scattered:
            state["have"] = self.have.as_list()
        with self._lock:
            temporary = self.folder / "state.tmp"
            temporary.write_text(json.dumps(state), "utf-8")
            temporary.replace(self.folder / "state.json")

    def restart(self) -> None:
        """Discards all bytes and the state."""
        # Never truncate an empty file: ext4 takes that for a replacement and flushes the whole file
        # when it is closed, which takes half as long as the download.
        if os.fstat(self._fd).st_size:
            os.ftruncate(self._fd, 0)
        self.have = Intervals()
        self._scattered = False
        self.state = {}
        self.save()

    def release(self) -> None:
        """Frees the partial for the next process to resume; removes it if it is empty."""
        if self._fd < 0:
            return
        if not self.size:
            self.discard()
            return
        with contextlib.suppress(OSError):
            self.save()
        self._close()
        free = self._parent / self._key
        if -1 < _bytes_in(free) < _bytes_in(self.folder):
            remove_free(free)
        try:
            self.folder.rename(free)
        except OSError:  # there is a larger one already, or the disk failed
            _remove(self.folder)

    def discard(self) -> None:
        """Removes the partial."""
        self._close()
        _remove(self.folder)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _load(self) -> None:
        size = os.fstat(self._fd).st_size
        try:
            state = json.loads((self.folder / "state.json").read_text("utf-8"))
            if not isinstance(state, dict):
                raise ValueError
            have = state.pop("have", None)
            pieces = [(0, size)] if have is None else [(int(a), min(int(b), size)) for a, b in have]
            self.have = Intervals(pieces)
        except (OSError, ValueError, TypeError):
            # Nothing is known about these bytes: start over.
            self.restart()
            return
        self.state = state
        self._scattered = have is not None


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


def _owner() -> str:
    pid = os.getpid()
    return f"{_host()}-{pid}-{_started(pid)}"


def _is_dead(owner: str) -> bool:
    """Whether the owner is certainly dead; False if that cannot be known."""
    host, pid, started, *_ = [*owner.split("-"), "", "", ""]
    if host != _host() or not pid.isdigit():
        return False
    if os.name == "nt":  # on Windows, os.kill would end the process
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _started(int(pid)) != started


def _free(parent: Path, key: str) -> list[Path]:
    """The free partials of a key, including those of dead owners."""
    found = []
    for entry in os.scandir(parent):
        name, dot, owner = entry.name.partition(".")
        if name != key or not entry.is_dir(follow_symlinks=False):
            continue
        if not dot or _is_dead(owner) or _untouched(parent, Path(entry.path)):
            found.append(Path(entry.path))
    return found


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


def _bytes_in(folder: Path) -> int:
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
        _, dot, owner = entry.name.partition(".")
        if dot and not _is_dead(owner) and not _untouched(parent, path):
            continue
        with contextlib.suppress(OSError):
            if now - path.stat().st_mtime >= older_than:
                found.append((path, max(_bytes_in(path), 0)))
    return found
