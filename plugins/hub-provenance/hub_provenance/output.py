"""Writes a document to a file or to the standard output."""

from __future__ import annotations

from pathlib import Path

from hubcore.atomic_write import atomic_write
from hubcore.cli.output import harmless
from hubcore.errors import HubError

__all__ = ["write"]


def write(text: str, path: Path | None) -> None:
    """Writes a text, to the standard output if `path` is None.

    Raises:
        HubError: the file cannot be written.
    """
    if path is None:
        print(harmless(text), end="")
        return
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise HubError(f"Cannot write {path}: {error.strerror or error}") from error
