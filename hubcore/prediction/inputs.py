"""The kinds of inputs: an image, a pair or a set of them, a clip, a text, points.

Nothing is decoded until it is asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .files import require_regular
from .pixels import is_tensor

if TYPE_CHECKING:
    from PIL.Image import Image

    from .frames import Frames
    from .pixels import Array

__all__ = [
    "ClipInput",
    "ImageInput",
    "ImagesInput",
    "Input",
    "PairInput",
    "PointsInput",
    "PromptedInput",
    "TextInput",
]


@dataclass(frozen=True, eq=False)
class ImageInput:
    """One image.

    Attributes:
        name: the image's path, or a name that stands for it.
        content: what `open_image` opens.
    """

    name: str
    content: Any

    def open(self) -> Image:
        """The image, decoded, upright, in RGB.

        Raises:
            InputError: the image cannot be read.
        """
        from .images import open_image

        return open_image(self.name, self.content)


@dataclass(frozen=True, eq=False)
class PairInput:
    """Two images, such as two consecutive ones of a video.

    Attributes:
        name: the names of both, joined by "to".
        first: the first image.
        second: the second image.
    """

    name: str
    first: ImageInput
    second: ImageInput


@dataclass(frozen=True, eq=False)
class ClipInput:
    """A video.

    Attributes:
        name: the video's path, or a name that stands for it.
        content: the path of a video file or of a folder of frames; or a uint8 tensor (T, 3, H, W).
    """

    name: str
    content: Any

    def frames(self) -> Frames:
        """The frames of the video, decoded on demand.

        Raises:
            InputError: the video cannot be read, or has no frames.
            MissingDependencyError: it is a video file, and PyAV is not installed.
        """
        from .frames import open_frames

        return open_frames(self.name, self.content)


@dataclass(frozen=True, eq=False)
class ImagesInput:
    """Several images that are one input, such as views of one object.

    Attributes:
        name: the folder that holds them, or the names of the first and the last.
        images: the images, one or more.
    """

    name: str
    images: tuple[ImageInput, ...]


@dataclass(frozen=True, eq=False)
class PromptedInput:
    """An image, and what is asked of it.

    Attributes:
        name: the image's name.
        image: the image.
        prompt: what the task understands: a text, points, a box, or several of them by name.
    """

    name: str
    image: ImageInput
    prompt: Any


@dataclass(frozen=True, eq=False)
class TextInput:
    """A text.

    Attributes:
        name: the beginning of the text.
        text: the text, not empty.
    """

    name: str
    text: str


@dataclass(frozen=True, eq=False)
class PointsInput:
    """Points, such as those of a lidar.

    Attributes:
        name: the path of the file, or a name that stands for them.
        content: the path of a ``.npy`` file, or an array or a tensor (N, D).
    """

    name: str
    content: Any

    def array(self) -> Array:
        """The points, floats or integers, (N, D) with at least one point and one coordinate.

        Raises:
            InputError: the file cannot be read, or holds something else.
        """
        import numpy as np

        content = self.content
        try:
            if isinstance(content, str | os.PathLike):
                require_regular(Path(content))
                content = np.load(content, allow_pickle=False)
            elif is_tensor(content):
                content = content.detach().cpu().numpy()
            values = np.asarray(content)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(self.name, f"cannot be read as points: {error}") from error
        if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "fiu":
            shape = f"{values.dtype} of the shape {values.shape}"
            raise InputError(self.name, f"holds {shape}: expected numbers (points, coordinates)")
        return values


Input = ImageInput | PairInput | ClipInput | ImagesInput | PromptedInput | TextInput | PointsInput
