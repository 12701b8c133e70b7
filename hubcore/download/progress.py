"""One line that says how far all downloads are."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["Progress"]


class Progress:
    """Overall progress of one or several downloads: bytes, rate, remaining time.

    Quiet where standard error is no terminal, and where `shown` is False. The bar appears with
    the first bytes, so what is found in the store shows none.
    """

    def __init__(self, title: str, *, shown: bool = True) -> None:
        self._title = title
        self._shown = shown
        self._bar: Any = None
        self._lock = threading.Lock()
        self._sizes: dict[object, int] = {}

    def expect(self, key: object, size: int) -> None:
        """Says how long one of the files is."""
        if not self._shown:
            return
        with self._lock:
            self._sizes[key] = size
            if self._bar is not None:
                self._bar.total = sum(self._sizes.values())

    def gained(self, count: int) -> None:
        """Says that bytes arrived, or (negative) that some were thrown away."""
        if not self._shown or not count:
            return
        with self._lock:
            if self._bar is None:
                from tqdm import tqdm

                self._bar = tqdm(
                    desc=self._title,
                    total=sum(self._sizes.values()) or None,
                    unit="B",
                    unit_scale=True,
                    unit_divisor=1024,
                    disable=None,
                )
            self._bar.update(count)

    def close(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.close()
                self._bar = None
