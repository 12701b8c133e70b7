"""SHA-256 of files: whole ones, and of those that are still being written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["PrefixHasher", "sha256_of"]

_BUFFER = 256 * 1024  # larger buffers fall out of the processor's cache
_BATCH = 1024 * 1024  # wake the hashing thread for so many bytes, not for each packet


def sha256_of(path: Path, on_bytes: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BUFFER))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            if on_bytes:
                on_bytes(count)
    return digest.hexdigest()


class PrefixHasher:
    """Hashes a growing file behind its writer, in a thread of its own.

    The writer says how far the file is there without a gap; what it wrote comes back from the
    page cache. So one mechanism serves a stream, a resumed stream and ranges that arrive in any
    order, and neither the network nor the hash waits for the other.
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
        """Says that the bytes before `limit` are on disk."""
        if limit - self._announced >= _BATCH:
            self._announce(limit)

    def finish(self, total: int) -> str:
        """Waits for the hash of the first `total` bytes and returns it."""
        with self._changed:
            self._limit = max(self._limit, total)
            self._finished = True
            self._changed.notify()
        self._thread.join()
        self._file.close()
        if self._error is not None:
            raise self._error
        return self._digest.hexdigest()

    def close(self) -> None:
        """Stops without a result."""
        with self._changed:
            self._limit = 0
            self._finished = True
            self._changed.notify()
        self._thread.join()
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
                        raise OSError("the partial file is shorter than what was written to it")
                    self._digest.update(buffer[:count])
                    self._hashed += count
        except BaseException as error:  # handed to the thread that waits for the result
            self._error = error
