"""Warnings of libraries, which are for programmers and tell a command's user nothing to do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_library_warnings"]


@contextmanager
def without_library_warnings(*further: str) -> Iterator[None]:
    """Hides the warnings of torch and torchvision, such as of deprecated storages, and some others.

    Pillow's warning of large images goes too: it does not say which file it is, and larger ones are
    refused.

    Args:
        further: the names of more packages whose warnings to hide.
    """
    packages = "|".join(("torch", "torchvision", *further))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=rf"({packages})\b")
        warnings.filterwarnings("ignore", r"Image size \(\d+ pixels\) exceeds limit")
        yield
