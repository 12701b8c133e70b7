"""Two tasks: several labels at once, each with its own threshold, and pictures of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubcore.prediction.tasks import ImageInput, ImageTask, Result, Sample

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Label", "Labels", "MultiLabel", "SuperResolution", "Upscaled"]


@dataclass(frozen=True)
class Label:
    """A class, and whether a picture holds it.

    Attributes:
        label: the name of the class.
        probability: in [0, 1]. Those of several classes are independent: they have no fixed sum.
        threshold: from which probability on the class is taken to be there.
    """

    label: str
    probability: float
    threshold: float

    @property
    def present(self) -> bool:
        """Whether the class is taken to be there."""
        return self.probability >= self.threshold


@dataclass(frozen=True, eq=False)
class Labels(Result):
    """All classes of the weights, in their order.

    Attributes:
        classes: the classes.
    """

    classes: tuple[Label, ...]

    def lines(self) -> list[str]:
        said = [
            f"{one.probability:6.1%}  {one.label}  (from {one.threshold:.0%})"
            for one in self.classes
            if one.present
        ]
        return said or ["none of the classes"]

    def annotations(self) -> list[dict[str, Any]]:
        return [
            {
                "category_id": number,
                "category": one.label,
                "score": round(one.probability, 6),
                "threshold": one.threshold,
                "present": one.present,
            }
            for number, one in enumerate(self.classes)
        ]


class MultiLabel(ImageTask):
    """For models that give logits (B, classes), each for itself.

    The weights' meta-data have ``thresholds``, a number in [0, 1] for each class; 0.5 without them.
    """

    batch_size = 16

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[Labels]:
        probabilities = output.float().sigmoid().tolist()
        return [
            Labels(item, sample.size, self._labels(row))
            for item, sample, row in zip(items, samples, probabilities, strict=True)
        ]

    def _labels(self, probabilities: Sequence[float]) -> tuple[Label, ...]:
        thresholds = self.weights.meta.get("thresholds") or [0.5] * len(probabilities)
        return tuple(
            Label(self.label(number), probability, threshold)
            for number, (probability, threshold) in enumerate(
                zip(probabilities, thresholds, strict=True)
            )
        )


@dataclass(frozen=True, eq=False)
class Upscaled(Result):
    """A picture that was made of another.

    Attributes:
        image: the picture, RGB.
    """

    image: Image

    def lines(self) -> list[str]:
        (width, height), made = self.size, self.image
        return [f"{width} x {height} pixels became {made.width} x {made.height}"]

    def annotations(self) -> list[dict[str, Any]]:
        return [{"width": self.image.width, "height": self.image.height}]

    def picture(self) -> Image:
        return self.image


class SuperResolution(ImageTask):
    """For models that give images (B, 3, H, W) with values in [0, 1]."""

    batch_size = 1  # they are large, and seldom of one size

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[Upscaled]:
        from PIL import Image

        pixels = (output.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        return [
            Upscaled(item, sample.size, Image.fromarray(array))
            for item, sample, array in zip(items, samples, pixels, strict=True)
        ]
