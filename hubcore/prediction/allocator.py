"""Memory that a model frees is kept for its next batch.

The C library of Linux gives large blocks back to the system as soon as they are freed, and the
system hands them out again page by page, cleared. A convolutional network frees and asks for
hundreds of megabytes a batch, which so costs it up to a sixth of its time.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

__all__ = ["keep_freed_memory"]

# Of malloc.h.
M_TRIM_THRESHOLD = -1
M_TOP_PAD = -2
M_MMAP_THRESHOLD = -3

SETTINGS = {M_TRIM_THRESHOLD: 512 << 20, M_MMAP_THRESHOLD: 32 << 20, M_TOP_PAD: 64 << 20}


@functools.cache
def keep_freed_memory() -> bool:
    """Tells glibc's allocator to keep freed memory, up to 512 MiB beyond what is in use.

    It holds for the whole process, from the first call on. Where users have set glibc's allocator
    up themselves (`MALLOC_TRIM_THRESHOLD_` and the like, or `GLIBC_TUNABLES`), and on systems
    without glibc, nothing happens.

    Returns:
        Whether it was done.
    """
    if sys.platform != "linux" or any(
        name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ
    ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(*setting) for setting in SETTINGS.items())
