"""Files under their full SHA-256, each with a record of what is known about it.

A file is verified when it is added. Afterwards its size and modification time show whether it has
changed; only if they differ from the record is it hashed again. In a store that others may write
they show nothing, and each use hashes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .. import atomic_write
from ..digests import is_digest
from ..download.addresses import redact
from ..download.hashing import sha256_of
from .ownership import is_ours_alone, make_folder, warn_of_others
from .records import read_record, scan_shards, texts_in, write_record

__all__ = ["Blobs", "Entry", "is_sound", "protect"]

_log = logging.getLogger(__name__)

_LAST_USE_GRAIN = 3600.0  # seconds; so that a file in constant use is not noted at each use


class Entry(NamedTuple):
    """One file of the store.

    Attributes:
        sha256: the full digest, 64 lower-case hexadecimal digits.
        path: where the file is.
        size: its size in bytes.
        last_use: when it was last used, in seconds since the epoch, to the hour.
        names: the names under which it was added.
        sources: the addresses that it came from, without secrets.
        derived: the paths of files made from it.
    """

    sha256: str
    path: Path
    size: int
    last_use: float
    names: tuple[str, ...]
    sources: tuple[str, ...]
    derived: tuple[Path, ...]


class Blobs:
    """The files of one store.

    Args:
        root: the store's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = f"{root}/blobs"

    def path(self, digest: str) -> Path:
        """The path of the file with this full digest, whether or not it exists."""
        # One text, not parts: joining Paths takes longer than all calls to the system.
        return Path(f"{self._folder}/{digest[:2]}/{digest}")

    def record_path(self, digest: str) -> Path:
        """The path of this file's record, whose modification time is the file's last use."""
        return Path(f"{self._folder}/{digest[:2]}/{digest}.json")

    def sound(self, digest: str) -> Path | None:
        """The path of the file with this full digest, if it is undamaged.

        A damaged file is removed.
        """
        path = self.path(digest)
        try:
            status = path.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):  # a link may point to what changes
            return None
        record = self.record_path(digest)
        facts = read_record(record)
        ours = is_ours_alone(path, self._root)
        unchanged = (facts.get("size"), facts.get("mtime_ns")) == (
            status.st_size,
            status.st_mtime_ns,
        )
        if unchanged and ours:
            self._note_use(record)
            return path
        if not ours:
            warn_of_others(path, self._root)
        try:
            actual = sha256_of(path)
        except OSError:
            return None
        if actual == digest:
            if not unchanged:
                with contextlib.suppress(OSError):
                    facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
                    write_record(record, facts)
            return path
        _log.warning("%s is damaged (wrong SHA-256) and is not used", path)
        with contextlib.suppress(OSError):
            # Another process may have replaced it meanwhile.
            if path.stat().st_ino == status.st_ino:
                path.unlink()
        return None

    def publish(self, data: Path, digest: str, name: str, source: str = "") -> Path:
        """Moves a verified file to its final name, in one atomic step.

        If the store already has the file, `data` stays where it is.

        Args:
            data: the file, on the store's file system.
            digest: its full SHA-256.
            name: the name to record, or "".
            source: the address to record, or ""; its secrets are left out.

        Returns:
            The file's path in the store.

        Raises:
            OSError: the store cannot be written.
        """
        target = self.path(digest)
        make_folder(target.parent)
        record = self.record_path(digest)
        sound = self.sound(digest) is not None
        facts = read_record(record)
        if not sound:
            status = data.stat()
            facts.update(size=status.st_size, mtime_ns=status.st_mtime_ns)
            protect(data)
            atomic_write.publish(data, target)
        for key, value in (("names", name), ("sources", redact(source) if source else "")):
            if value:
                facts[key] = [*dict.fromkeys([*texts_in(facts, key), value])]
        write_record(record, facts)
        return target

    def entries(self) -> Iterator[Entry]:
        """The files of the store; other processes may be changing it meanwhile."""
        derived: dict[str, list[Path]] = {}
        for item in scan_shards(self._root / "derived"):
            if item.name.endswith(".json") or item.name.startswith("."):
                continue
            derived.setdefault(item.name[:64], []).append(Path(item.path))
        for item in scan_shards(self._root / "blobs"):
            if not is_digest(item.name):
                continue
            try:
                status = item.stat()
            except OSError:
                continue  # removed meanwhile
            record = self.record_path(item.name)
            facts = read_record(record)
            try:
                last_use = record.stat().st_mtime
            except OSError:
                last_use = status.st_mtime
            yield Entry(
                item.name,
                Path(item.path),
                status.st_size,
                last_use,
                tuple(texts_in(facts, "names")),
                tuple(texts_in(facts, "sources")),
                tuple(derived.get(item.name, ())),
            )

    def matching(self, prefix: str) -> list[str]:
        """The full digests of the files whose digest begins so.

        Args:
            prefix: at least 2 digits, in lower case.
        """
        try:
            # Path.iterdir would make a Path of each, and there may be thousands.
            names = os.listdir(f"{self._folder}/{prefix[:2]}")  # noqa: PTH208
        except OSError:
            return []
        return [name for name in names if name.startswith(prefix) and is_digest(name)]

    def _note_use(self, record: Path) -> None:
        with contextlib.suppress(OSError):
            if abs(time.time() - record.stat().st_mtime) > _LAST_USE_GRAIN:
                os.utime(record)


def protect(path: Path) -> None:
    """Takes away the permission to write to a file, since models may be mapped from it."""
    if os.name == "posix":  # elsewhere such a file cannot be removed either
        path.chmod(path.stat().st_mode & ~0o222)


def is_sound(path: Path, root: Path) -> bool:
    """Whether a file made from a blob is undamaged, by the record beside it.

    Args:
        path: the file. Its record, ``PATH.json``, has its own digest, size and time.
        root: the store's folder, which nobody else may write to: otherwise the record proves
            nothing.

    Returns:
        False also if it cannot be read.
    """
    facts = read_record(path.with_name(f"{path.name}.json"))
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or not is_ours_alone(path, root):
            return False
        if (facts.get("size"), facts.get("mtime_ns")) == (status.st_size, status.st_mtime_ns):
            return True
        return sha256_of(path) == facts.get("sha256")
    except OSError:
        return False
