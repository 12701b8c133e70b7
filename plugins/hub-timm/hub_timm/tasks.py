"""The task of weights without classes: an image as a vector of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubcore.prediction.tasks import ImageInput, ImageTask, Result, Sample

__all__ = ["FeatureVector", "ImageFeatures"]


@dataclass(frozen=True, eq=False)
class FeatureVector(Result):
    """What a model sees in an image.

    Attributes:
        values: the features, as the model gives them.
    """

    values: tuple[float, ...]

    def lines(self) -> list[str]:
        first = ", ".join(f"{value:.3f}" for value in self.values[:4])
        return [f"{len(self.values)} features: {first}, ..."]

    def annotations(self) -> list[dict[str, Any]]:
        return [{"features": [float(f"{value:.6g}") for value in self.values]}]


class ImageFeatures(ImageTask):
    """For models that give features (B, C), or (B, C, height, width) or (B, tokens, C).

    Of maps and tokens it is the mean over all places, as of embeddings.
    """

    batch_size = 16

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[FeatureVector]:
        if output.ndim == 4:
            output = output.flatten(2).transpose(1, 2)
        if output.ndim == 3:
            output = output.mean(1)
        return [
            FeatureVector(item, sample.size, tuple(vector))
            for item, sample, vector in zip(items, samples, output.float().tolist(), strict=True)
        ]
