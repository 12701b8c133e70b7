"""Writes annotated pictures into a folder, and never over a file that is not one of ours."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..atomic_write import atomic_write
from .drawn import MARK, is_drawn
from .errors import PredictionError
from .inputs import PairInput
from .results import Result

__all__ = ["PictureFolder"]

JPEG_QUALITY = 92
_LONGEST = 255  # bytes of a file's name, on most systems


class PictureFolder:
    """Writes pictures of results, each completely or not at all.

    A picture is named after its input and the model. It replaces a picture of an earlier run, and
    no other file: then its name gets a number. Pictures of JPEG files are JPEGs, all others are
    PNGs.

    Args:
        folder: the folder for the pictures. It is created if it does not exist.
        model: the name of the model.
        inputs: files that are not to be replaced, even if they are pictures of an earlier run.

    Attributes:
        made_with: the weights by name and digest, which each picture names in its meta-data.

    Raises:
        PredictionError: the folder cannot be created or written to.
    """

    def __init__(self, folder: Path, model: str, inputs: Iterable[str | Path] = ()) -> None:
        self._folder = folder
        self._model = model.replace("/", "-")
        self._inputs = {os.path.realpath(path) for path in inputs}
        self._used: set[str] = set()
        self.made_with = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            reason = error.strerror or str(error)
            if isinstance(error, FileExistsError | NotADirectoryError):
                reason = "it is not a folder"
            raise PredictionError(f"Cannot write to the folder '{folder}': {reason}.") from error

    def save(self, result: Result) -> Path:
        """Draws a result, and returns the path of the picture.

        Raises:
            InputError: the input can no longer be read.
            PredictionError: the picture cannot be written.
        """
        picture = result.draw()
        source = result.source
        name = source.first.name if isinstance(source, PairInput) else source.name
        jpeg = Path(name).suffix.lower() in (".jpg", ".jpeg") and max(picture.size) < 65536
        target = self._free(Path(name).stem, ".jpg" if jpeg else ".png")
        try:
            with atomic_write(target) as temporary:
                if jpeg:
                    comment = f"{MARK}\n{self.made_with}".strip()
                    picture.save(temporary, "JPEG", quality=JPEG_QUALITY, comment=comment)
                else:
                    picture.save(temporary, "PNG", pnginfo=_png_mark(self.made_with))
        except OSError as error:
            reason = error.strerror or str(error)
            raise PredictionError(f"Cannot write the picture '{target}': {reason}.") from error
        return target

    def _free(self, stem: str, suffix: str) -> Path:
        """A path that is new in this run, and where no file is but a picture of an earlier one."""
        number = 1
        while True:
            ending = f"-{self._model}{'' if number == 1 else f'-{number}'}{suffix}"
            target = self._folder / _file_name(stem or "picture", ending)
            if target.name.lower() not in self._used and self._may_write(target):
                self._used.add(target.name.lower())
                return target
            number += 1

    def _may_write(self, target: Path) -> bool:
        if not os.path.lexists(target):
            return True
        return os.path.realpath(target) not in self._inputs and is_drawn(target)


def _png_mark(made_with: str) -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Software", MARK)
    if made_with:
        info.add_itxt("Source", made_with)
    return info


def _file_name(stem: str, ending: str) -> str:
    """A name that every file system takes, and that is harmless on a terminal."""
    safe = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in stem)
    safe = safe.encode("utf-8", "replace").decode("utf-8")
    room = _LONGEST - len(ending.encode())
    if len(safe.encode()) > room:
        # Names that differ only at their end stay different.
        tail = "-" + hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        safe = safe.encode()[: room - len(tail)].decode("utf-8", "ignore") + tail
    return safe + ending
