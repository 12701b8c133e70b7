"""Semantic segmentation: a class for each pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..inputs import ImageInput
from ..pixels import Array
from ..results import SemanticMask
from ..values import SegmentedClass
from .base import ImageTask, Sample

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SemanticSegmentation"]


class SemanticSegmentation(ImageTask):
    """For models that return logits (B, classes, h, w), or a dict that has them as ``out``."""

    batch_size = 4

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[SemanticMask]:
        logits = output["out"] if isinstance(output, Mapping) else output
        masks = (
            enlarged_argmax(scores.float(), sample.size[::-1]).cpu()
            for sample, scores in zip(samples, logits, strict=True)
        )
        return [
            self._result(item, sample, mask)
            for item, sample, mask in zip(items, samples, masks, strict=True)
        ]

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[SemanticMask]:
        return [
            self._result(item, sample, mask)
            for item, sample, mask in zip(items, samples, found["mask"], strict=True)
        ]

    def _result(self, item: ImageInput, sample: Sample, mask: Any) -> SemanticMask:
        import numpy as np

        counts = np.bincount(np.asarray(mask).ravel())
        present = sorted(np.flatnonzero(counts).tolist(), key=lambda id: -int(counts[id]))
        pixels = sample.size[0] * sample.size[1]
        return SemanticMask(
            item,
            sample.size,
            mask,
            tuple(SegmentedClass(self.label(id), id, int(counts[id]) / pixels) for id in present),
        )


def enlarged_argmax(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """The most likely class of each pixel, after scaling the logits to the image's size.

    Only classes that are the most likely somewhere are scaled: scaling 21 classes for a photo of 12
    megapixels would take a gigabyte.

    Args:
        logits: float, (classes, h, w).
        size: (height, width) of the image.

    Returns:
        The classes, int64, (height, width).
    """
    import torch
    from torch.nn.functional import interpolate

    present = torch.unique(logits.argmax(dim=0))
    scaled = interpolate(logits[present][None], size=size, mode="bilinear", align_corners=False)
    mask: Tensor = present[scaled[0].argmax(dim=0)]
    return mask
