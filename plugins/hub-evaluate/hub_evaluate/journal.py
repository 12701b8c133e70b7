"""What an evaluation has found so far, kept in a file, so that it can go on after a kill.

A line of JSON for each input, in their order. A line that was cut short, as by a kill, and all that
follow are dropped.
"""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from hubcore import settings
from hubcore.errors import StoreError
from hubcore.store.ownership import make_private_folder

from .errors import EvaluationError

__all__ = ["Journal"]

Line = dict[str, Any]


class Journal:
    """The lines of one evaluation.

    Args:
        key: what the evaluation is of: another one has another key.

    Attributes:
        key: as given.
        lines: what is known so far.

    Raises:
        EvaluationError: another process is at the same evaluation.
        StoreError: the folder cannot be written to.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        folder = settings.home() / "evaluations"
        self._path = folder / f"{key}.jsonl"
        self._lock = FileLock(folder / f"{key}.lock", timeout=0)
        self._file: BinaryIO
        self.lines: list[Line] = []

    def __enter__(self) -> Journal:
        try:
            make_private_folder(self._path.parent)
            self._lock.acquire()
            self._file = self._path.open("a+b")
        except Timeout:
            raise EvaluationError(
                "Another process is at the same evaluation of these weights on these data. Wait "
                "for it, or stop it."
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self._path.parent}: cannot be written to: {reason}") from error
        self.lines = list(self._read())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None:
            self._path.unlink(missing_ok=True)
        self._lock.release()

    def _read(self) -> list[Line]:
        self._file.seek(0)
        lines = []
        for text in self._file:
            try:
                if not text.endswith(b"\n"):
                    break
                lines.append(json.loads(text))
            except ValueError:
                break
        return lines

    def keep(self, count: int) -> None:
        """Drops all lines but the first ones."""
        self._file.seek(0)
        for _ in range(count):
            self._file.readline()
        self._file.truncate(self._file.tell())
        self.lines = self.lines[:count]

    def add(self, line: Line) -> None:
        """Adds a line. It outlives this process, whatever becomes of that."""
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        self.lines.append(line)
