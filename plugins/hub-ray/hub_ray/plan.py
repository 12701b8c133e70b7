"""`Plan`: what a job does, and the folder that knows how far it is.

The folder's ``_job.json`` says which job it holds, and each finished piece is a file of its own. So
a job that was killed and is given again does what is missing, and another job is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hubcore.atomic_write import atomic_write

from .errors import RayError
from .parts import indexes, remove_leftovers
from .pieces import Piece

__all__ = ["JOB", "Folder", "Plan"]

JOB = "_job.json"
_LOCK = "_job.lock"
_FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """What a job does.

    Attributes:
        facts: the model, the weights' name, the options and the format. All that could change a
            result, as JSON.
        sha256: that of the weights' file, if it is known by now.
        pieces: the pieces, in order.
    """

    facts: Mapping[str, Any]
    sha256: str | None
    pieces: Sequence[Piece]

    def described(self) -> dict[str, Any]:
        """The plan as JSON, with a digest of the inputs."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            for name in piece.names():
                digest.update(name.encode("utf-8", "surrogatepass") + b"\n")
            digest.update(b"\0\n")
        facts = json.loads(json.dumps(dict(self.facts), default=str))
        return {
            "job": _FORMAT,
            **facts,
            "pieces": len(self.pieces),
            "inputs": digest.hexdigest(),
        }


class Folder:
    """The output folder of a job, while the job runs.

    Attributes:
        path: the folder, absolute.
        format: of its files.
        done: the indexes of the pieces whose files were there.
        digest: the SHA-256 of the job's description.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path.absolute()
        self.format = plan.facts["format"]
        self._described = plan.described()
        text = json.dumps(self._described, sort_keys=True)
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self._sha256 = plan.sha256
        self.done: set[int] = set()

    @contextmanager
    def opened(self) -> Iterator[Folder]:
        """Claims the folder for this process, and finds out what is done.

        Raises:
            RayError: it holds another job or other files, another process is at it, or it cannot
                be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / _LOCK, timeout=0)
            with lock:
                self._claim()
                yield self
        except Timeout:
            raise RayError(f"Another process is at the job in {self.path}.") from None
        except NotADirectoryError as error:
            raise RayError(f"{self.path} is no folder: give one for the results.") from error
        except FileExistsError as error:
            raise RayError(f"{self.path} is a file: give a folder for the results.") from error
        except OSError as error:
            if isinstance(error, RayError):
                raise
            reason = error.strerror or error
            raise RayError(f"The results cannot be written to {self.path}: {reason}") from error

    def _claim(self) -> None:
        known = self._read()
        if known is None:
            others = [one.name for one in self.path.iterdir() if one.name != _LOCK]
            if others:
                raise RayError(
                    f"{self.path} holds other files, such as {sorted(others)[0]!r}: give a folder "
                    "of its own for the results."
                )
            self._write()
            return
        sha256 = known.pop("sha256", None)
        for name in [*self._described, *known]:
            if known.get(name) != self._described.get(name):
                raise RayError(
                    f"{self.path} holds another job, whose {name} differ{_of(known.get(name))}. "
                    "Give another folder, or remove this one."
                )
        self._sha256 = self._sha256 or sha256
        self.require_weights(sha256, "an earlier run of this job")
        remove_leftovers(self.path)
        self.done = indexes(self.path, self.format)

    def require_weights(self, sha256: str | None, who: str) -> None:
        """Checks that the weights' file is the same for all.

        Args:
            sha256: that of the file that was used; None if it is not known.
            who: who used it, for the message.

        Raises:
            RayError: another file was used before.
        """
        if sha256 is None or sha256 == self._sha256:
            return
        if self._sha256 is not None:
            raise RayError(
                f"The weights differ: {who} used a file with the SHA-256 {sha256[:16]}..., and the "
                f"job in {self.path} is with {self._sha256[:16]}... "
                "Let all machines use one lock file, or give another folder."
            )
        self._sha256 = sha256
        self._write()

    def _write(self) -> None:
        facts = {**self._described, "sha256": self._sha256}
        with atomic_write(self.path / JOB) as temporary:
            temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, Any] | None:
        path = self.path / JOB
        try:
            known: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if known["job"] == _FORMAT:
                return known
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise RayError(f"{path} is damaged: remove it with the rest of its folder.") from error
        raise RayError(f"{path} was written by another version of hub-ray.")


def _of(value: Any) -> str:
    text = json.dumps(value)
    return f" (there: {text})" if len(text) <= 80 else ""
