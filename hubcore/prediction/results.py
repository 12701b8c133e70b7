"""What a prediction gives: one result an input, typed by the task.

Boxes and points are in pixels of the input as it is shown (EXIF orientation applied), with the
origin at the upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from .errors import InputError
    from .inputs import ClipInput, ImageInput, Input, PairInput

__all__ = [
    "Classification",
    "ClassificationResult",
    "Detection",
    "DetectionResult",
    "Failure",
    "Flow",
    "Keypoint",
    "Result",
    "SegmentedClass",
    "SemanticMask",
]


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


@dataclass(frozen=True, eq=False)
class Result:
    """What was predicted of one input.

    Attributes:
        source: the input.
        size: (width, height) of the input, in pixels.
    """

    source: Input
    size: tuple[int, int]

    def draw(self) -> Image:
        """The input with the prediction drawn on it, RGB.

        Raises:
            InputError: the input cannot be read any more.
        """
        from .drawing import draw

        return draw(self)

    def annotations(self) -> list[dict[str, Any]]:
        """The prediction as COCO-style annotations, ready for JSON (see `coco`)."""
        from .coco import annotations_of

        return annotations_of(self)

    def lines(self) -> list[str]:
        """The prediction for people, one line a fact."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join([self.source.name, *(f"  {line}" for line in self.lines())])


@dataclass(frozen=True, eq=False)
class ClassificationResult(Result):
    """The likeliest classes of an image or a video, likeliest first."""

    source: ImageInput | ClipInput
    classes: tuple[Classification, ...]

    def lines(self) -> list[str]:
        return [f"{percent(found.probability)}  {found.label}" for found in self.classes]


@dataclass(frozen=True, eq=False)
class DetectionResult(Result):
    """The objects in an image, highest score first."""

    source: ImageInput
    detections: tuple[Detection, ...]

    def lines(self) -> list[str]:
        if not self.detections:
            return ["nothing found"]
        width = max(len(found.label) for found in self.detections)
        return [
            f"{percent(found.score)}  {found.label:<{width}}  {box_text(found.box)}"
            for found in self.detections
        ]


@dataclass(frozen=True, eq=False)
class SemanticMask(Result):
    """A class for each pixel.

    Attributes:
        mask: uint8 or int64, (height, width) of the image: each pixel's category id.
        classes: the classes that are present, largest share first.
    """

    source: ImageInput
    mask: Tensor
    classes: tuple[SegmentedClass, ...]

    def lines(self) -> list[str]:
        return [f"{percent(found.share)}  {found.label}" for found in self.classes]


@dataclass(frozen=True, eq=False)
class Flow(Result):
    """Where each pixel of an image is in the next one.

    Attributes:
        flow: float32, (2, height, width): the movement (x, y) in pixels.
        minimum, mean, maximum: of the movement's length, in pixels.
    """

    source: PairInput
    flow: Tensor
    minimum: float
    mean: float
    maximum: float

    def lines(self) -> list[str]:
        return [
            f"movement in pixels: min {self.minimum:.2f}, mean {self.mean:.2f}, "
            f"max {self.maximum:.2f}"
        ]


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


def box_text(box: Sequence[float]) -> str:
    x1, y1, x2, y2 = (round(value) for value in box)
    return f"at ({x1}, {y1}) to ({x2}, {y2})"
