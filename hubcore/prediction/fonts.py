"""Text in any script: each character in a font that has it, or as letters that some font has.

Pillow's own font knows Latin letters. Others come from font packages (``pip install
'hubcore[fonts]'``), or from the system, where fontconfig finds them; what no font has is
transliterated, or written as its code.
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
import unicodedata
from importlib.metadata import PackageNotFoundError, files
from itertools import groupby
from typing import Any

from PIL import ImageDraw, ImageFont

__all__ = ["Typeface"]

# Of which the extra `fonts` consists, and its dependencies: Noto Sans, one script a file.
_PACKAGES = (
    "justmytype-western-core",
    "noto-cjk-sans-otc",
    "justmytype-intl-rtl",
    "justmytype-intl-south-asia",
    "justmytype-intl-sea",
    "justmytype-intl-africa",
)
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
        placed: list[tuple[Any, str]] = []
        for character in text:
            if placed and unicodedata.category(character).startswith("M"):
                font = placed[-1][0]  # a mark belongs to the letter before it
                if _has(font, character):
                    placed.append((font, character))
                    continue
            placed += _placed(character, self.size)
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
    found = _from_packages(character, size) or _from_system(ord(character), size)
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
    plain = _without_shaping(font)
    shown, box = plain.getmask(character), plain.getmask(_NOWHERE)
    return bool(shown.size != box.size or bytes(shown) != bytes(box))


@functools.lru_cache(maxsize=64)
def _without_shaping(font: Any) -> Any:
    """The same font, but it does not make up a letter that it lacks from others."""
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def _from_packages(character: str, size: int) -> Any:
    """A font of an installed font package that has a character; None if there is none."""
    for path in _packaged():
        with contextlib.suppress(OSError):  # damaged, or gone
            font = _opened(path, size)
            if _has(font, character):
                return font
    return None


@functools.cache
def _packaged() -> tuple[str, ...]:
    """The files of the font packages that are installed."""
    found = []
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            for file in files(name) or ():
                if file.suffix in (".otf", ".ttc", ".ttf") and "Italic" not in file.name:
                    found.append(str(file.locate()))
    return tuple(found)


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
    font = ImageFont.truetype(path, size)
    with contextlib.suppress(OSError, ValueError):  # only variable fonts have named weights
        font.set_variation_by_name("Regular")
    return font
