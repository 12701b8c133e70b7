"""A lock that saves bandwidth; correctness does not depend on it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .ownership import make_private_folder

__all__ = ["one_at_a_time"]

_log = logging.getLogger(__name__)

_POLL = 0.05  # seconds
# Seconds without progress after which the holder is stopped or hangs: go on without the lock.
_PATIENCE = 120.0
# The same, where nobody works on the file. The processes that a killed one had forked hold its lock
# for as long as they live.
_GRACE = 2.0


@contextlib.contextmanager
def one_at_a_time(
    path: Path,
    done: Callable[[], bool],
    progress: Callable[[], object],
    alive: Callable[[], bool] = lambda: True,
    patience: float = _PATIENCE,
) -> Iterator[None]:
    """Waits while another process downloads the same file.

    The kernel frees the lock of a process that ends, however it ends. Where locks do not work (on
    some network file systems) nobody waits and each process downloads the file: partials and final
    names are safe without a lock.

    Args:
        path: the lock's file, which is left behind, empty.
        done: tells whether the other process has finished, so that waiting can stop.
        progress: returns a value that changes while the other process makes progress.
        alive: tells whether a process works on the file.
        patience: seconds without progress after which the lock of one that does is ignored.
    """
    import filelock

    make_private_folder(path.parent)
    lock = filelock.FileLock(path)
    seen = progress()
    changed = time.monotonic()
    announced = False
    while True:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if done():
                break
            now = progress()
            if now != seen:
                seen, changed = now, time.monotonic()
            elif time.monotonic() - changed > (patience if alive() else min(patience, _GRACE)):
                _log.warning(
                    "Another process holds the lock %s but makes no progress; not waiting for it",
                    path,
                )
                break
            if not announced:
                announced = True
                _log.info("Another process is downloading this file; waiting for it")
            time.sleep(_POLL)
        except (OSError, NotImplementedError) as error:
            _log.info("Locks do not work in %s (%s); continuing without them", path.parent, error)
            break
        else:
            break
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.release()
