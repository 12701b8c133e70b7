"""A lock that saves bandwidth, and on which nothing else depends."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["one_at_a_time"]

_log = logging.getLogger(__name__)

_POLL = 0.05  # seconds
# A holder that makes no progress for so long is stopped or hangs: go on without the lock.
_PATIENCE = 120.0


@contextlib.contextmanager
def one_at_a_time(
    path: Path,
    done: Callable[[], bool],
    progress: Callable[[], object],
    patience: float = _PATIENCE,
) -> Iterator[None]:
    """Waits while another process works on the same thing.

    The kernel frees the lock of a process that ends, however it ends. Where locks do not work
    (some network file systems) there is no waiting, and everybody downloads for himself: partials
    and final names are safe without a lock.

    Args:
        path: the lock's file; it stays behind, empty.
        done: whether the other process has finished it, so that waiting can stop.
        progress: anything that changes while the other process gets on.
        patience: seconds without progress after which the lock is disregarded.
    """
    import filelock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    seen = progress()
    changed = time.monotonic()
    told = False
    while True:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if done():
                break
            now = progress()
            if now != seen:
                seen, changed = now, time.monotonic()
            elif time.monotonic() - changed > patience:
                _log.warning("Another process holds %s and makes no progress; not waiting", path)
                break
            if not told:
                told = True
                _log.info("Another process downloads this file; waiting for it")
            time.sleep(_POLL)
        except (OSError, NotImplementedError) as error:
            _log.info("Locks do not work in %s (%s); going on without", path.parent, error)
            break
        else:
            break
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.release()
