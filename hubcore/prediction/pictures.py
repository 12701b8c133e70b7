"""Writes annotated pictures into a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import PredictionError
from .inputs import PairInput
from .results import Result

__all__ = ["PictureFolder"]

JPEG_QUALITY = 92


class PictureFolder:
    """Writes pictures of results, each completely or not at all.

    A picture is named after its input and the model, so it never replaces an input in the same
    folder. Pictures of JPEG files are JPEGs, all others are PNGs.

    Args:
        folder: the folder for the pictures. It is created if it does not exist.
        model: the name of the model.

    Raises:
        PredictionError: the folder cannot be created or written to.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model.replace("/", "-")
        self._used: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            reason = error.strerror or str(error)
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
        jpeg = Path(name).suffix.lower() in (".jpg", ".jpeg")
        target = self._folder / self._free_name(Path(name).stem, ".jpg" if jpeg else ".png")
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            if jpeg:
                picture.save(temporary, "JPEG", quality=JPEG_QUALITY)
            else:
                picture.save(temporary, "PNG")
            temporary.replace(target)
        except OSError as error:
            reason = error.strerror or str(error)
            raise PredictionError(f"Cannot write the picture '{target}': {reason}.") from error
        finally:
            temporary.unlink(missing_ok=True)
        return target

    def _free_name(self, stem: str, suffix: str) -> str:
        """A name that is new in this run: inputs in different folders may have the same name."""
        stem = f"{stem or 'picture'}-{self._model}"
        name, number = f"{stem}{suffix}", 2
        while name.lower() in self._used:
            name, number = f"{stem}-{number}{suffix}", number + 1
        self._used.add(name.lower())
        return name
