"""Keeps memory that a model frees for its next batch.

The C library of Linux returns large blocks to the system as soon as they are freed, and the system
hands them out again page by page, cleared. A convolutional network frees and allocates hundreds of
megabytes per batch; returning them costs it up to a sixth of its time.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

__all__ = ["keep_freed_memory"]

# From malloc.h.
M_TRIM_THRESHOLD = -1
M_TOP_PAD = -2
M_MMAP_THRESHOLD = -3

SETTINGS = {M_TRIM_THRESHOLD: 512 << 20, M_MMAP_THRESHOLD: 32 << 20, M_TOP_PAD: 64 << 20}  # bytes


@functools.cache
def keep_freed_memory() -> bool:
    """Makes glibc's allocator keep freed memory, up to 512 MiB more than is in use.

    This affects the whole process, from the first call on. Nothing happens on systems without
    glibc, or where the user has configured its allocator (with `MALLOC_TRIM_THRESHOLD_` and the
    like, or `GLIBC_TUNABLES`).

    Returns:
        Whether the allocator was set up.
    """
    if sys.platform != "linux" or any(
        name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ
    ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(*setting) for setting in SETTINGS.items())
