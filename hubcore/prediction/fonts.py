"""Text in any script: each character in a font that has it, or as letters that some font has.

Pillow's own font knows Latin letters. Others come from the system, where fontconfig finds them;
what no font has is transliterated, or written as its code.
"""

from __future__ import annotations

import functools
import subprocess
import unicodedata
from itertools import groupby
from typing import Any

from PIL import ImageDraw, ImageFont

__all__ = ["Typeface"]

_NOWHERE = "\U0010fffd"  # for private use, so that no font shows it but as a box


class Typeface:
    """A font of one size for all scripts, with Pillow's interface as far as pictures need it.

    Args:
        size: in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def getlength(self, text: str) -> float:
        """The width of a line of text, in pixels."""
        return float(sum(font.getlength(part) for font, part in self._runs(text)))

    def getmetrics(self) -> tuple[int, int]:
        """The height above and below the base line, in pixels."""
        ascent, descent = _own(self.size).getmetrics()
        return int(ascent), int(descent)

    def write(
        self, draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, fill: Any,
        *, to_right: bool = True,
    ) -> None:  # fmt: skip
        """Draws a line of text.

        Args:
            draw: what to draw on.
            place: the middle of the line's left end; of its right end unless `to_right`.
            text: the text.
            fill: its colour.
        """
        left, middle = place
        if not to_right:
            left -= self.getlength(text)
        ascent, descent = self.getmetrics()
        base = middle + (ascent - descent) / 2
        for font, part in self._runs(text):
            draw.text((left, base), part, fill=fill, font=font, anchor="ls")
            left += font.getlength(part)

    def _runs(self, text: str) -> list[tuple[Any, str]]:
        """The text in pieces, each with its font."""
        placed = [pair for character in text for pair in _placed(character, self.size)]
        return [
            (font, "".join(character for _, character in group))
            for font, group in groupby(placed, key=lambda pair: pair[0])
        ]


@functools.cache
def _own(size: int) -> Any:
    return ImageFont.load_default(size=size)


@functools.lru_cache(maxsize=4096)
def _placed(character: str, size: int) -> tuple[tuple[Any, str], ...]:
    """The fonts and letters that show a character."""
    own = _own(size)
    if character.isascii() or _has(own, character):
        return ((own, character),)
    found = _from_system(ord(character), size)
    if found is not None:
        return ((found, character),)
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if _is_plain(c, own))
    if not plain and unicodedata.combining(character):
        return ()
    return ((own, plain or f"\\u{ord(character):04x}"),)


def _is_plain(character: str, font: Any) -> bool:
    return character.isascii() or (not unicodedata.combining(character) and _has(font, character))


def _has(font: Any, character: str) -> bool:
    """Whether a font has a character: else it draws the box that it draws for all it lacks."""
    if character.isspace():
        return True
    shown, box = font.getmask(character), font.getmask(_NOWHERE)
    return bool(shown.size != box.size or bytes(shown) != bytes(box))


@functools.cache
def _from_system(code: int, size: int) -> Any:
    """A font of the system that has a character, by fontconfig; None if there is none."""
    try:
        path = subprocess.run(
            ["fc-match", "--format=%{file}", f"sans:charset={code:x}"],
            capture_output=True, text=True, timeout=10, check=True,
        ).stdout  # fmt: skip
        font = _opened(path, size)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return font if _has(font, chr(code)) else None


@functools.cache
def _opened(path: str, size: int) -> Any:
    return ImageFont.truetype(path, size)
