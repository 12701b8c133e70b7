"""Contact sheets: a row of small pictures for each question or group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from hubcore.atomic_write import atomic_write, check_writable
from hubcore.embedding import EmbeddingError
from hubcore.errors import HubError
from hubcore.prediction.drawing import captioned
from hubcore.prediction.drawn import MARK, is_drawn
from hubcore.prediction.images import open_image

__all__ = ["check_picture", "contact_sheet", "write_picture"]

_SIDE, _GAP, _MOST = 192, 8, 100
_PAPER, _ABSENT = (255, 255, 255), (225, 225, 225)


def contact_sheet(rows: Sequence[Sequence[tuple[str, float | None]]]) -> Image.Image:
    """A sheet of small pictures.

    Args:
        rows: of each row the paths and what to write below each, None for the name alone. At most
            100 rows are drawn.

    Returns:
        RGB. A picture that can no longer be read is a grey square.
    """
    drawn = [[_tile(name, cosine) for name, cosine in row] for row in rows[:_MOST]] or [[]]
    width = max(sum(tile.width + _GAP for tile in row) for row in drawn) + _GAP
    heights = [max((tile.height for tile in row), default=0) + _GAP for row in drawn]
    sheet = Image.new("RGB", (width, sum(heights) + _GAP), _PAPER)
    top = _GAP
    for row, height in zip(drawn, heights, strict=True):
        left = _GAP
        for tile in row:
            sheet.paste(tile, (left, top))
            left += tile.width + _GAP
        top += height
    return sheet


def _tile(name: str, cosine: float | None) -> Image.Image:
    try:
        picture = ImageOps.pad(open_image(name, Path(name)), (_SIDE, _SIDE), color=_PAPER)
    except (HubError, OSError, ValueError):
        picture = Image.new("RGB", (_SIDE, _SIDE), _ABSENT)
    text = Path(name).name if cosine is None else f"{cosine:.3f}  {Path(name).name}"
    return captioned(picture, text)


def check_picture(path: Path) -> None:
    """Checks that a sheet may be written: nothing is there, or an earlier picture of the hub.

    Raises:
        EmbeddingError: something else is there, or the folder cannot be written to.
    """
    try:
        check_writable(path)
    except OSError as error:
        raise EmbeddingError(f"Cannot write {path}: {error.strerror or error}.") from error
    if path.suffix.lower() != ".png":
        raise EmbeddingError(f"{path}: a contact sheet is a PNG picture, so end its name in .png.")
    if os.path.lexists(path) and not is_drawn(path):
        raise EmbeddingError(f"{path} is there, and no picture of the hub: it is not replaced.")


def write_picture(sheet: Image.Image, path: Path) -> None:
    """Writes a sheet completely or not at all.

    Raises:
        EmbeddingError: it cannot be written.
    """
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Software", MARK)
    try:
        with atomic_write(path) as temporary:
            sheet.save(temporary, "PNG", pnginfo=info)
    except OSError as error:
        raise EmbeddingError(f"Cannot write {path}: {error.strerror or error}.") from error
