"""The SHA-256 of complete files, and of files that are still being written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from ..waiting import join

__all__ = ["PrefixHasher", "sha256_of"]

_BUFFER = 256 * 1024  # larger buffers fall out of the processor's cache
_BATCH = 1024 * 1024  # bytes for which the hashing thread is woken, rather than for each packet


def sha256_of(path: Path, on_bytes: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of a file, as 64 lower-case hexadecimal digits.

    Args:
        path: the file.
        on_bytes: called with the number of bytes hashed since the last call.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BUFFER))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            if on_bytes:
                on_bytes(count)
    return digest.hexdigest()


class PrefixHasher:
    """Hashes a growing file in a thread of its own, while others write it.

    The writer reports how far the file is complete from its beginning; the thread reads those bytes
    back, usually from the page cache. So the same code serves a stream, a resumed stream and ranges
    that arrive in any order, and writing never waits for hashing.

    Args:
        path: the file, which must exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._digest = hashlib.sha256()
        self._hashed = 0
        self._limit = 0
        self._announced = 0
        self._finished = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hubcore-hash", daemon=True)
        self._thread.start()

    def advance(self, limit: int) -> None:
        """Reports that all bytes before the offset `limit` are written."""
        if limit - self._announced >= _BATCH:
            self._announce(limit)

    def finish(self, total: int) -> str:
        """Waits for the SHA-256 of the first `total` bytes and returns it.

        Returns:
            64 lower-case hexadecimal digits.

        Raises:
            OSError: the file cannot be read, or is shorter than `total` bytes.
        """
        with self._changed:
            self._limit = max(self._limit, total)
            self._finished = True
            self._changed.notify()
        join(self._thread)
        self._file.close()
        if self._error is not None:
            raise self._error
        return self._digest.hexdigest()

    def close(self) -> None:
        """Stops the thread without a result."""
        with self._changed:
            self._limit = 0
            self._finished = True
            self._changed.notify()
        join(self._thread)
        self._file.close()

    def _announce(self, limit: int) -> None:
        with self._changed:
            self._announced = self._limit = max(self._limit, limit)
            self._changed.notify()

    def _run(self) -> None:
        buffer = memoryview(bytearray(_BUFFER))
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._limit > self._hashed or self._finished)
                    limit = self._limit
                if limit <= self._hashed:
                    return
                while self._hashed < self._limit:
                    room = min(len(buffer), self._limit - self._hashed)
                    count = self._file.readinto(buffer[:room])
                    if not count:
                        raise OSError("the partial file was truncated while it was being written")
                    self._digest.update(buffer[:count])
                    self._hashed += count
        except BaseException as error:  # raised in the thread that waits for the result
            self._error = error
