"""A file on its way into the store: owned by one process, kept for the next one to resume.

A partial is a folder, ``KEY`` while nobody works on it and ``KEY.OWNER`` while someone does. A
process takes it by renaming it, which succeeds for one only, with or without locks. Inside are
``data`` and ``state.json``: what the server said of the file, and which bytes are there.
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

# A partial of a process that we cannot ask about (on another host) is taken over when nothing
# was written for this many seconds; a live download times out or retries long before.
ABANDONED_AFTER = 600.0


class Partial:
    """The bytes of one file that are already here.

    Attributes:
        state: what is known of the file: ``source``, ``etag``, ``modified``, ``total``.
        have: which bytes are on disk.
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
        """Takes over the largest partial of this key that nobody works on, or begins one."""
        parent.mkdir(parents=True, exist_ok=True)
        own = parent / f"{key}.{_owner()}-{secrets.token_hex(4)}"
        claimed = False
        for candidate in sorted(_free(parent, key), key=_bytes_in, reverse=True):
            if claimed:
                remove_free(candidate)  # a smaller one, of no more use
                continue
            try:
                candidate.rename(own)
            except OSError:
                continue  # another process was quicker
            claimed = True
        if not claimed:
            own.mkdir()
        return cls(own, parent, key)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def size(self) -> int:
        """Bytes that are there, wherever in the file."""
        return self.have.count()

    @property
    def prefix(self) -> int:
        """Bytes that are there without a gap from the beginning."""
        return self.have.prefix()

    def write(self, chunk: bytes, offset: int) -> int:
        """Writes at a place of the file and returns how many bytes are new.

        Several threads may do so at once.
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
        finally:  # a full disk may have taken a part
            gained = self.have.add(start, offset)
        return gained

    def scatter(self) -> None:
        """Says that bytes will be written out of order: the file's size no longer tells."""
        self._scattered = True
        self.save()

    def save(self) -> None:
        """Notes on disk what is known, so that another process can resume."""
        state = dict(self.state)
        if self._scattered:
            state["have"] = self.have.as_list()
        with self._lock:
            temporary = self.folder / "state.tmp"
            temporary.write_text(json.dumps(state), "utf-8")
            temporary.replace(self.folder / "state.json")

    def restart(self) -> None:
        """Throws away what is there, and what is known of it."""
        # Not an empty file: ext4 takes a truncation for a replacement, and writes the whole file
        # out when it is closed, which costs half as much again as the download.
        if os.fstat(self._fd).st_size:
            os.ftruncate(self._fd, 0)
        self.have = Intervals()
        self._scattered = False
        self.state = {}
        self.save()

    def release(self) -> None:
        """Leaves the partial for whoever tries next."""
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
        except OSError:  # a larger one is there already, or the disk gave up
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
            # Nothing is known of these bytes: begin again.
            self.restart()
            return
        self.state = state
        self._scattered = have is not None


@functools.cache
def _host() -> str:
    """This host, this boot, this container: where a process number means something."""
    facts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with contextlib.suppress(OSError):
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks, so that a reused number is not mistaken."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "0"
    return stat.rpartition(")")[2].split()[19]


def _owner() -> str:
    pid = os.getpid()
    return f"{_host()}-{pid}-{_started(pid)}"


def _is_dead(owner: str) -> bool:
    """Whether the owner is surely dead; False also where there is no telling."""
    host, pid, started, *_ = [*owner.split("-"), "", "", ""]
    if host != _host() or not pid.isdigit():
        return False
    if os.name == "nt":  # os.kill would end the process there
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _started(int(pid)) != started


def _free(parent: Path, key: str) -> list[Path]:
    """The partials of this key that nobody works on."""
    found = []
    for entry in os.scandir(parent):
        name, dot, owner = entry.name.partition(".")
        if name != key or not entry.is_dir(follow_symlinks=False):
            continue
        if not dot or _is_dead(owner) or _untouched(parent, Path(entry.path)):
            found.append(Path(entry.path))
    return found


def _untouched(parent: Path, folder: Path) -> bool:
    """Whether nothing was written there for long, by the file system's own clock."""
    try:
        last = max(path.stat().st_mtime for path in (folder, folder / "data"))
        # A file server's clock may differ from ours: ask it what time it is.
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
    """Removes a partial that nobody works on, unless somebody takes it this moment."""
    own = folder.with_name(f".removed-{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        folder.rename(own)
        _remove(own)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def abandoned(parent: Path, older_than: float = 0.0) -> list[tuple[Path, int]]:
    """(folder, bytes) of the partials that nobody works on, untouched for so many seconds."""
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
