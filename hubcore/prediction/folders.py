"""Which images and videos a path, a folder or a glob stands for."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import InputError, PredictionError

__all__ = ["VIDEO_SUFFIXES", "image_suffixes", "images_in", "listed", "matches", "natural"]

VIDEO_SUFFIXES = frozenset(
    {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"}
)


def matches(path: str | os.PathLike[str]) -> list[Path]:
    """The files and folders that a path or a glob names, in natural order.

    Raises:
        InputError: there is no such file, or nothing matches.
    """
    import glob

    given = Path(path).expanduser()
    if given.exists():
        return [given]
    if not glob.has_magic(str(path)):
        raise InputError(str(given), "no such file or folder")
    found = [Path(match) for match in glob.glob(str(given), recursive=True)]  # noqa: PTH207  # absolute globs too
    if not found:
        raise InputError(str(given), "nothing matches")
    # '**' gives folders besides the files in them.
    return sorted([one for one in found if one.is_file()] or found, key=natural)


def images_in(folder: Path) -> list[Path]:
    """The images of a folder in natural order, by their suffix; hidden files left out."""
    suffixes = image_suffixes()
    return [path for path in listed(folder) if path.suffix.lower() in suffixes]


def image_suffixes() -> frozenset[str]:
    """The file name endings, lower-case, of what Pillow reads."""
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise PredictionError("Reading images needs Pillow: pip install pillow") from error
    Image.init()
    return (
        frozenset(suffix for suffix, kind in Image.EXTENSION.items() if kind in Image.OPEN)
        - VIDEO_SUFFIXES
    )


def natural(name: object) -> list[tuple[int, int | str]]:
    """A sorting key that counts: frame2 comes before frame10."""
    parts = re.split(r"(\d+)", str(name))
    return [(0, int(part)) if part.isdecimal() else (1, part.lower()) for part in parts if part]


def listed(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(str(folder), error.strerror or str(error)) from error
    return sorted(found, key=natural)
