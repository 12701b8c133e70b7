"""What those who write and those who read a bundle agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from ...errors import HubError

__all__ = ["FORMAT", "MANIFEST", "BundleError", "CountingReader"]

FORMAT = 1
MANIFEST = "bundle.json"


class BundleError(HubError):
    """A file is not a bundle, is damaged, or cannot be written."""


class CountingReader:
    """A reader that reports how many bytes were read."""

    def __init__(self, reader: IO[bytes], on_bytes: Callable[[int], object]) -> None:
        self._reader = reader
        self._on_bytes = on_bytes

    def read(self, size: int = -1) -> bytes:
        data = self._reader.read(size)
        self._on_bytes(len(data))
        return data
