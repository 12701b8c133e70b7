"""Finds the images and videos that a path, a folder or a glob stands for."""

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

    Args:
        path: a path or a glob. ``~`` is expanded, and ``**`` matches any number of folders.

    Raises:
        InputError: there is no such file or folder, or nothing matches the glob.
    """
    import glob

    try:
        given = Path(path).expanduser()
        if given.exists():
            return [given]
    except (OSError, RuntimeError, ValueError) as error:  # too long, no home, a null character
        raise InputError(str(path), getattr(error, "strerror", None) or str(error)) from error
    if not glob.has_magic(str(path)):
        raise InputError(str(given), "no such file or folder")
    found = [Path(match) for match in _globbed(str(given))]
    if not found:
        raise InputError(str(given), "nothing matches this pattern")
    # '**' also matches the folders that the files are in.
    return sorted([one for one in found if one.is_file()] or found, key=natural)


def _globbed(pattern: str) -> list[str]:
    """The paths that match, each file once: a link back to a folder above it would repeat all."""
    import glob

    found: dict[str, str] = {}
    for path in glob.iglob(pattern, recursive=True):  # noqa: PTH207  # absolute patterns too
        real = os.path.realpath(path)
        if len(path) < len(found.setdefault(real, path)):
            found[real] = path
    return list(found.values())


def images_in(folder: Path) -> list[Path]:
    """The images in a folder, by their suffixes and in natural order, without hidden files.

    Raises:
        InputError: the folder cannot be read.
    """
    suffixes = image_suffixes()
    return [path for path in listed(folder) if path.suffix.lower() in suffixes]


def image_suffixes() -> frozenset[str]:
    """The suffixes of images that Pillow reads, in lower case, such as ``.jpg``.

    Raises:
        PredictionError: Pillow is not installed.
    """
    try:
        from PIL import Image

        from .images import formats
    except ModuleNotFoundError as error:
        raise PredictionError(
            "Reading images needs Pillow, which is not installed. To install it: pip install pillow"
        ) from error
    kinds = formats()
    return (
        frozenset(suffix for suffix, kind in Image.EXTENSION.items() if kind in kinds)
        - VIDEO_SUFFIXES
    )


def natural(name: object) -> list[tuple[int, int | str]]:
    """A key for natural sorting: frame2 comes before frame10."""
    parts = re.split(r"(\d+)", str(name))
    return [(0, int(part)) if part.isdecimal() else (1, part.lower()) for part in parts if part]


def listed(folder: Path) -> list[Path]:
    """The files and folders in a folder, in natural order, without hidden ones.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(str(folder), error.strerror or str(error)) from error
    return sorted(found, key=natural)
