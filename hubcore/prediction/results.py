"""The results of prediction: one per input, of a type that the task decides.

Boxes and points are in pixels of the input as it is shown (with EXIF orientation applied), with the
origin in the upper left corner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..printable import printable
from .inputs import ClipInput, ImageInput, ImagesInput, Input, PairInput, PromptedInput
from .values import Classification, Detection, SegmentedClass, percent

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ClassificationResult", "DetectionResult", "Flow", "Result", "SemanticMask"]


@dataclass(frozen=True, eq=False)
class Result:
    """The prediction for one input. ``str(result)`` gives it as text.

    Attributes:
        source: the input.
        size: (width, height) of the input, in pixels.
        made_by: the model and its weights; "" if unknown.
    """

    source: Input
    size: tuple[int, int]
    made_by: str = field(default="", kw_only=True)

    def draw(self) -> Image:
        """Draws the prediction on the input.

        Returns:
            A new image, RGB. Small images are enlarged so that the text is legible.

        Raises:
            InputError: the input can no longer be read.
        """
        from .drawing import captioned

        return captioned(self.picture(), self.caption())

    def caption(self) -> str:
        """What a picture shows: the model and its weights; for objects, how many were found."""
        return self.made_by

    def picture(self) -> Image:
        """The picture without its caption: the input, with the `lines` below it."""
        from .drawing import draw_lines

        return draw_lines(_pictures_of(self.source), self.lines())

    def _repr_png_(self) -> bytes:
        """The picture, for notebooks."""
        import io

        buffer = io.BytesIO()
        self.draw().save(buffer, "PNG")
        return buffer.getvalue()

    def annotations(self) -> list[dict[str, Any]]:
        """The prediction as COCO-style annotations, ready for JSON (see the module `coco`)."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """The prediction as text, one line per class, object or fact."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join([printable(self.source.name), *(f"  {line}" for line in self.lines())])


def _pictures_of(source: Input) -> list[Image]:
    """What there is to see of an input; of a text and of points a blank strip."""
    match source:
        case ImageInput():
            return [source.open()]
        case PairInput():
            return [source.first.open(), source.second.open()]
        case ImagesInput():
            return [image.open() for image in source.images]
        case PromptedInput():
            return [source.image.open()]
        case ClipInput():
            from .drawing import film_strip

            return [film_strip(source.frames())]
    from PIL import Image

    return [Image.new("RGB", (400, 8), "white")]


@dataclass(frozen=True, eq=False)
class ClassificationResult(Result):
    """The most likely classes of an image or a video.

    Attributes:
        classes: the classes, the most likely first.
    """

    source: ImageInput | ClipInput
    classes: tuple[Classification, ...]

    def picture(self) -> Image:
        from .drawing import draw_classes, film_strip

        source = self.source
        image = film_strip(source.frames()) if isinstance(source, ClipInput) else source.open()
        return draw_classes(image, self.classes)

    def annotations(self) -> list[dict[str, Any]]:
        from .coco import of_classes

        return of_classes(self.classes)

    def lines(self) -> list[str]:
        return [f"{percent(found.probability)}  {found.label}" for found in self.classes]


@dataclass(frozen=True, eq=False)
class DetectionResult(Result):
    """The objects that were found in an image.

    Attributes:
        detections: the objects, the highest score first.
    """

    source: ImageInput
    detections: tuple[Detection, ...]

    def picture(self) -> Image:
        from .drawing import draw_detections

        return draw_detections(self.source.open(), self.detections)

    def caption(self) -> str:
        counts = Counter(found.label for found in self.detections)
        found = ", ".join(f"{count} {label}" for label, count in counts.items())
        return f"{found or 'nothing found'}{f' ({self.made_by})' if self.made_by else ''}"

    def annotations(self) -> list[dict[str, Any]]:
        from .coco import of_detection

        return [of_detection(found) for found in self.detections]

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
    """A class for each pixel of an image.

    Attributes:
        mask: int64, (height, width) of the image: the category id of each pixel. A tensor on the
            CPU; an array from engines other than torch. `numpy.asarray` takes both.
        classes: the classes that are present, the largest share first.
    """

    source: ImageInput
    mask: Any
    classes: tuple[SegmentedClass, ...]

    def picture(self) -> Image:
        from .drawing import draw_segments

        return draw_segments(self.source.open(), self.mask, self.classes)

    def annotations(self) -> list[dict[str, Any]]:
        from .coco import of_segments

        return of_segments(self.mask, self.classes)

    def lines(self) -> list[str]:
        return [f"{percent(found.share)}  {found.label}" for found in self.classes]


@dataclass(frozen=True, eq=False)
class Flow(Result):
    """The movement of each pixel from an image to the next one.

    Attributes:
        flow: float32, (2, height, width): the movement (x, y) in pixels. A tensor on the CPU; an
            array from engines other than torch.
        minimum: the smallest length of the movement, in pixels.
        mean: the mean length of the movement, in pixels.
        maximum: the largest length of the movement, in pixels.
    """

    source: PairInput
    flow: Any
    minimum: float
    mean: float
    maximum: float

    def picture(self) -> Image:
        from .drawing import draw_flow

        return draw_flow(self.source.first.open(), self.flow, self.mean, self.maximum)

    def annotations(self) -> list[dict[str, Any]]:
        lengths = {"min": self.minimum, "mean": self.mean, "max": self.maximum}
        return [{"magnitude": {name: round(value, 4) for name, value in lengths.items()}}]

    def lines(self) -> list[str]:
        return [
            f"movement in pixels: min {self.minimum:.2f}, mean {self.mean:.2f}, "
            f"max {self.maximum:.2f}"
        ]


def box_text(box: Sequence[float]) -> str:
    """A box (x1, y1, x2, y2) as text, in whole pixels."""
    x1, y1, x2, y2 = (round(value) for value in box)
    return f"at ({x1}, {y1}) to ({x2}, {y2})"
