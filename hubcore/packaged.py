"""Files that installed distributions ship: ``package:DISTRIBUTION/path/inside/it``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

__all__ = ["locate"]


def locate(address: str) -> Path | None:
    """Where the file is, or None if the distribution is not installed or ships no such file.

    Only paths that the distribution's own record lists are found, none that climb out of it.
    """
    import importlib.metadata

    distribution, _, inside = unquote(address.partition(":")[2]).partition("/")
    if not distribution or not inside or ".." in inside.split("/") or inside.startswith("/"):
        return None
    try:
        files = importlib.metadata.files(distribution) or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.as_posix() == inside:
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    return None
