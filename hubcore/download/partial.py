"""Partial files: downloads that one process owns, and that a later one can resume.

A partial is a folder. It is called ``KEY`` while it is free and ``KEY.OWNER`` while a process works
on it. A process claims it by renaming it, which succeeds for one process only, even without locks.
It contains ``data``, the bytes, and ``state.json``: what the server said about the file, and which
bytes have arrived.

No file is ever written to by two processes, nor after it has been published. A process that is
asleep may wake up and write, so its partial is left alone while it lives; where that cannot be
known, on another host, the bytes are copied, and it keeps the file that it has open. Nothing is
truncated: to start over is to start another file.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .abandoned import bytes_in, is_abandoned, owner_id, remove_free
from .intervals import Intervals

__all__ = ["Partial"]

_SAVE_EVERY = 0.5  # seconds after which a killed process has noted what arrived


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
        self._idle = threading.Condition()
        self._writing = 0  # calls of `write` under way
        self._pid = os.getpid()
        self._released = False
        self.state: dict[str, Any] = {}
        self.have = Intervals()
        self._scattered = False
        self._saved = 0.0
        self._fd = self._open(0)
        self._load()

    @classmethod
    def claim(cls, parent: Path, key: str) -> Partial:
        """Claims the largest free partial of a key, or makes a new one.

        Args:
            parent: the folder of all partials; made if it is missing.
            key: what identifies the file, without dots.
        """
        parent.mkdir(parents=True, exist_ok=True)
        own = parent / f"{key}.{owner_id()}-{secrets.token_hex(4)}"
        claimed = False
        candidates = sorted(_claimable(parent, key), key=lambda pair: bytes_in(pair[0]))
        for candidate, ended in reversed(candidates):
            if claimed:
                remove_free(candidate)  # a smaller one, which is no longer needed
                continue
            try:
                candidate.rename(own)
            except OSError:
                continue  # another process claimed it first
            claimed = ended or _copied(own)
        if not claimed:
            own.mkdir(mode=0o755)  # writable for its owner only, whatever the umask
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

    @property
    def is_lost(self) -> bool:
        """Whether the folder is gone: removed, or claimed by another host's process."""
        return not self.folder.exists()

    def write(
        self, chunk: bytes, offset: int, unless: Callable[[], bool] = lambda: False
    ) -> int | None:
        """Writes bytes at an offset in the file, and returns how many of them are new.

        Safe to call from several threads.

        Args:
            chunk: the bytes.
            offset: their place in the file.
            unless: tells whether to leave them, since the writer was told to stop.

        Returns:
            The number of new bytes; None if nothing was written, by `unless` or after `seal`.

        Raises:
            OSError: the bytes cannot be written, for instance because the disk is full.
        """
        with self._idle:
            if self._fd < 0 or unless():
                return None
            self._writing += 1
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
            with self._idle:
                self._writing -= 1
                self._idle.notify_all()
        if self._scattered and time.monotonic() - self._saved > _SAVE_EVERY:
            self.save()
        return gained

    def touch(self) -> None:
        """Shows to other processes that this one goes on, though it writes nothing yet."""
        with contextlib.suppress(OSError):
            os.utime(self.data)

    def settle(self) -> None:
        """Waits until no call of `write` is under way."""
        with self._idle:
            while self._writing:
                self._idle.wait(0.1)

    def seal(self) -> None:
        """Ends writing: no thread of this process changes the file any more."""
        with self._idle:
            fd, self._fd = self._fd, -1
        self.settle()
        if fd >= 0:
            os.close(fd)

    def scatter(self) -> None:
        """Announces writes out of order, after which the file's size no longer says what it has."""
        self._scattered = True
        self.save()

    def save(self) -> None:
        """Writes the state to disk, so that another process can resume."""
        with self._lock:
            self._saved = time.monotonic()
            state = dict(self.state)
            if self._scattered:
                state["have"] = self.have.as_list()
            temporary = self.folder / "state.tmp"
            temporary.write_text(json.dumps(state), "utf-8")
            temporary.replace(self.folder / "state.json")

    def restart(self) -> None:
        """Discards all bytes and the state."""
        # An empty file is kept: ext4 flushes a replaced one when it is closed, which takes half as
        # long as the download.
        if os.fstat(self._fd).st_size:
            self.seal()
            self.data.unlink()
            self._fd = self._open(os.O_EXCL)
        self.have = Intervals()
        self._scattered = False
        self.state = {}
        self.save()

    def release(self) -> None:
        """Frees the partial for the next process to resume; removes it if it is empty."""
        if self._released or os.getpid() != self._pid:  # a fork's partial is its parent's
            return
        if not self.size:
            self.discard()
            return
        self._released = True
        self.seal()
        with contextlib.suppress(OSError):
            self.save()
        free = self._parent / self._key
        if -1 < bytes_in(free) < bytes_in(self.folder):
            remove_free(free)
        try:
            self.folder.rename(free)
        except OSError:  # there is a larger one already, or the disk failed
            _remove(self.folder)

    def discard(self) -> None:
        """Removes the partial."""
        if os.getpid() == self._pid:
            self._released = True
            self.seal()
            _remove(self.folder)

    def _open(self, extra: int) -> int:
        flags = os.O_RDWR | os.O_CREAT | extra
        for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW"):
            flags |= getattr(os, name, 0)
        # Not for others to write, whatever the umask: what they have open would outlive the hash.
        return os.open(self.data, flags, 0o644)

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


def _claimable(parent: Path, key: str) -> list[tuple[Path, bool]]:
    """The abandoned partials of a key, and whether nobody certainly has their file open."""
    found = []
    for entry in os.scandir(parent):
        if entry.name.partition(".")[0] != key or not entry.is_dir(follow_symlinks=False):
            continue
        # The other user can still write to what is his.
        with contextlib.suppress(OSError):
            if os.name == "posix" and entry.stat(follow_symlinks=False).st_uid != os.geteuid():
                continue
        free, ended = is_abandoned(parent, Path(entry.path))
        if free:
            found.append((Path(entry.path), ended))
    return found


def _copied(folder: Path) -> bool:
    """Gives a partial a file of its own; False, and it is removed, if that cannot be done."""
    data, copy, state = (folder / name for name in ("data", "data.copy", "state.json"))
    try:
        shutil.copyfile(data, copy)
        copy.replace(data)
        # The other may have begun another version of the file: only a digest can tell.
        facts = json.loads(state.read_text("utf-8"))
        state.write_text(json.dumps({**facts, "etag": None, "modified": None}), "utf-8")
    except (OSError, ValueError, TypeError):
        _remove(folder)
        return False
    return True


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
