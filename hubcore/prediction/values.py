"""The plain values that results are made of.

Boxes and points are in pixels of the input as it is shown (EXIF orientation applied), with the
origin at the upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Classification", "Detection", "Failure", "Keypoint", "SegmentedClass", "percent"]


@dataclass(frozen=True)
class Classification:
    """One class of an image or a video.

    Attributes:
        label: its name.
        category_id: its index in the weights' ``meta["categories"]``.
        probability: in [0, 1]; over all classes they sum to 1.
    """

    label: str
    category_id: int
    probability: float


@dataclass(frozen=True)
class Keypoint:
    """A point of a detected object.

    Attributes:
        name: what it is, such as ``left_knee``.
        x, y: where it is.
        score: the model's confidence on its own scale; positive where the point is likely visible.
    """

    name: str
    x: float
    y: float
    score: float


@dataclass(frozen=True)
class Detection:
    """One object in an image.

    Attributes:
        label: the name of its class.
        category_id: the class's index in the weights' ``meta["categories"]``.
        score: in [0, 1].
        box: (x1, y1, x2, y2).
        mask: bool, (height, width) of the image; None from models that give none.
        keypoints: empty from models that give none.
    """

    label: str
    category_id: int
    score: float
    box: tuple[float, float, float, float]
    mask: Tensor | None = field(default=None, compare=False, repr=False)
    keypoints: tuple[Keypoint, ...] = ()


@dataclass(frozen=True)
class SegmentedClass:
    """A class that is present in an image.

    Attributes:
        label: its name.
        category_id: its index in the weights' ``meta["categories"]``.
        share: of the image's pixels, in (0, 1].
    """

    label: str
    category_id: int
    share: float


@dataclass(frozen=True)
class Failure:
    """An input of which nothing could be predicted.

    Attributes:
        source: the input's name.
        error: why.
    """

    source: str
    error: InputError


def percent(share: float) -> str:
    """A share in percent, such as `` 71.7 %``."""
    return f"{100 * share:5.1f} %"
