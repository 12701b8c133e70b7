"""The mark of pictures that hubcore drew: folders don't mean them, and they may be replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["MARK", "is_drawn"]

MARK = "hubcore prediction"
"""The comment of a JPEG picture, and the text "Software" of a PNG picture."""

HEAD = 512
"""Pillow writes the mark into the first bytes of a file."""


def is_drawn(path: Path) -> bool:
    """Whether a file is a picture that hubcore drew. A link, or what cannot be read, is none."""
    if path.suffix.lower() not in (".jpg", ".png"):
        return False
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        descriptor = os.open(path, os.O_RDONLY)
        try:
            head = os.read(descriptor, HEAD)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return False
    return MARK.encode() in head
