"""Finds the images and videos that a path, a folder or a glob stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .drawn import is_drawn
from .errors import InputError, PredictionError
from .files import missing

__all__ = [
    "VIDEO_SUFFIXES",
    "image_suffixes",
    "images_in",
    "listed",
    "matches",
    "natural",
]

VIDEO_SUFFIXES = frozenset(
    {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"}
)


def matches(path: str | os.PathLike[Any]) -> list[Path]:
    """The files and folders that a path or a glob names, in natural order.

    A glob does not stand for pictures that hubcore drew.

    Args:
        path: a path or a glob. ``~`` is expanded, and ``**`` matches any number of folders, each
            once, whatever links lead to it.

    Raises:
        InputError: there is no such file or folder, or nothing matches the glob.
    """
    import glob

    try:
        path = os.fsdecode(path)
        given = Path(path).expanduser()
        if given.exists():
            return [given]
    except (OSError, RuntimeError, ValueError) as error:  # too long, no home, a null character
        raise InputError(str(path), getattr(error, "strerror", None) or str(error)) from error
    if not glob.has_magic(str(path)):
        raise InputError(str(given), missing(given))
    found = [Path(match) for match in dict.fromkeys(_glob(str(given)))]
    if not found:
        raise InputError(str(given), "nothing matches this pattern")
    # '**' also matches the folders that the files are in.
    files = [one for one in found if os.path.isfile(one)]  # noqa: PTH113  # never raises
    ours = {one for one in files if is_drawn(one)}
    if files and len(ours) == len(files):
        raise InputError(str(given), "matches only pictures that hubcore drew: name them")
    return sorted((one for one in files or found if one not in ours), key=natural)


def _glob(pattern: str) -> Iterator[str]:
    """What a pattern matches. Python's own follows a loop of links until names are too long."""
    import glob

    parts = Path(pattern).parts
    if "**" not in parts:
        yield from glob.glob(pattern)  # noqa: PTH207  # absolute ones too
        return
    place = parts.index("**")
    below = [part for part in parts[place + 1 :] if part != "**"] or ["*"]
    for top in glob.glob(os.path.join(*parts[:place])) if place else [""]:  # noqa: PTH118, PTH207
        for folder in _folders_below(top or os.curdir):
            start = glob.escape(folder) if top or folder != os.curdir else ""
            inner = os.path.join(start, *below)  # noqa: PTH118  # keeps the given form
            yield from glob.glob(inner)  # noqa: PTH207


def _folders_below(top: str) -> Iterator[str]:
    """A folder and those below it, without hidden ones, each once."""
    seen = {os.path.realpath(top)}
    for folder, names, _ in os.walk(top, followlinks=True):
        yield os.path.normpath(folder)
        known = list(names)
        names.clear()
        for name in sorted(known):
            real = os.path.realpath(os.path.join(folder, name))  # noqa: PTH118
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                names.append(name)


def images_in(folder: Path) -> list[Path]:
    """The images in a folder, by their suffixes and in natural order.

    Hidden files and pictures that hubcore drew are left out.

    Raises:
        InputError: the folder cannot be read.
    """
    suffixes = image_suffixes()
    images = (path for path in listed(folder) if path.suffix.lower() in suffixes)
    return [path for path in images if not is_drawn(path)]


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
