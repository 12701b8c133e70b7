"""The plain values that results consist of.

Boxes and points are in pixels of the input as it is shown (with EXIF orientation applied), with the
origin in the upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import InputError

__all__ = ["Classification", "Detection", "Failure", "Keypoint", "SegmentedClass", "percent"]


@dataclass(frozen=True)
class Classification:
    """One class of an image or a video.

    Attributes:
        label: the name of the class.
        category_id: the index of the class in the weights' ``meta["categories"]``.
        probability: in [0, 1]. The probabilities of all the model's classes sum to 1.
    """

    label: str
    category_id: int
    probability: float


@dataclass(frozen=True)
class Keypoint:
    """A point of a detected object.

    Attributes:
        name: the name of the point, such as ``left_knee``.
        x: the distance from the left edge, in pixels.
        y: the distance from the upper edge, in pixels.
        score: the model's confidence, on its own scale. Positive if the point is likely visible.
    """

    name: str
    x: float
    y: float
    score: float


@dataclass(frozen=True)
class Detection:
    """One object in an image.

    Attributes:
        label: the name of the object's class.
        category_id: the index of the class in the weights' ``meta["categories"]``.
        score: the model's confidence, in [0, 1].
        box: (x1, y1, x2, y2) in pixels.
        mask: bool, (height, width) of the image; None if the model predicts no masks. A tensor on
            the CPU; an array from engines other than torch.
        keypoints: the object's keypoints; empty if the model predicts none.
    """

    label: str
    category_id: int
    score: float
    box: tuple[float, float, float, float]
    mask: Any = field(default=None, compare=False, repr=False)
    keypoints: tuple[Keypoint, ...] = ()


@dataclass(frozen=True)
class SegmentedClass:
    """A class that is present in an image.

    Attributes:
        label: the name of the class.
        category_id: the index of the class in the weights' ``meta["categories"]``.
        share: the class's share of the image's pixels, in (0, 1].
    """

    label: str
    category_id: int
    share: float


@dataclass(frozen=True)
class Failure:
    """An input for which nothing could be predicted.

    Attributes:
        source: the name of the input.
        error: the reason.
    """

    source: str
    error: InputError


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage of fixed width, such as `` 71.7 %``."""
    return f"{100 * share:5.1f} %"
