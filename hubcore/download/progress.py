"""Progress bars: one for all downloads, and those of commands."""

from __future__ import annotations

import sys
import threading
from typing import Any

__all__ = ["Progress", "Steps", "bar"]


def bar(*iterable: Any, **options: Any) -> Any:
    """A progress bar of tqdm, on a terminal or in a notebook; elsewhere it shows nothing.

    Raises:
        ImportError: tqdm is not installed.
    """
    if _in_notebook():
        import warnings

        with warnings.catch_warnings():  # that there is a nicer bar with ipywidgets
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm as auto

        return auto(*iterable, **{"disable": False, **options})
    from tqdm import tqdm

    # None: shown if standard error is a terminal.
    return tqdm(*iterable, **{"disable": None, **options})


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in shell.config


class Steps:
    """Says what a long command is doing, in one line that goes when it ends.

    Prints nothing unless standard error is a terminal or this is a notebook.

    Args:
        total: the number of steps, or None if it is not known.
        shown: False to print nothing at all.
    """

    def __init__(self, total: int | None = None, *, shown: bool = True) -> None:
        place = "{n_fmt}/{total_fmt}, {elapsed}" if total else "{elapsed}"
        self._bar = (
            bar(total=total, leave=False, bar_format=f"{{desc}} ({place})") if shown else None
        )
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._tick, args=(self._bar,), daemon=True)

    def __enter__(self) -> Steps:
        if self._bar is not None and not self._bar.disable:
            self._clock.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        if self._clock.ident is not None:
            self._clock.join()
        if self._bar is not None:
            self._bar.close()

    def _tick(self, shown: Any) -> None:
        """Lets the time run on while a step takes long."""
        while not self._ended.wait(1):
            shown.refresh()

    def __call__(self, text: str) -> None:
        """A step begins: ``text`` says which, such as ``building the wheel``."""
        if self._bar is not None:
            self._bar.set_description_str(text, refresh=False)
            self._bar.update()
            self._bar.refresh()

    def print(self, text: str) -> None:
        """Prints a line to standard output, above the one that says what is being done."""
        if self._bar is None or self._bar.disable:
            print(text)
        else:
            with self._bar.get_lock():
                self._bar.clear()
                print(text, flush=True)
                self._bar.refresh()


class Progress:
    """Shows the overall progress of one or several downloads: bytes, rate and remaining time.

    Prints nothing unless standard error is a terminal or this is a notebook. The bar appears with
    the first bytes, so there is none for files that are in the store already.

    Args:
        title: the text before the bar.
        shown: False to print nothing at all.
    """

    def __init__(self, title: str, *, shown: bool = True) -> None:
        self._title = title
        self._shown = shown
        self._bar: Any = None
        self._lock = threading.Lock()
        self._sizes: dict[object, int] = {}

    def expect(self, key: object, size: int) -> None:
        """Sets the size of one of the files, in bytes; `key` identifies the file."""
        if not self._shown:
            return
        with self._lock:
            self._sizes[key] = size
            if self._bar is not None:
                self._bar.total = sum(self._sizes.values())

    def gained(self, count: int) -> None:
        """Adds a number of bytes that arrived, negative if bytes were discarded."""
        if not self._shown or not count:
            return
        with self._lock:
            if self._bar is None:
                try:
                    self._bar = bar(
                        desc=self._title,
                        total=sum(self._sizes.values()) or None,
                        unit="B",
                        unit_scale=True,
                        unit_divisor=1024,
                    )
                except ImportError:  # a bare clone that torch.hub loads from
                    self._shown = False
                    return
            self._bar.update(count)

    def close(self) -> None:
        """Ends the bar, if there is one."""
        with self._lock:
            if self._bar is not None:
                self._bar.close()
                self._bar = None
