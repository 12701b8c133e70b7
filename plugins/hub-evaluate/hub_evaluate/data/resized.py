"""Images and their masks at another size, as published figures of segmentation are measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hubcore.prediction.inputs import ImageInput

from .samples import Data

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["resized"]


@dataclass(frozen=True, eq=False)
class _ResizedInput(ImageInput):
    shorter: int

    def open(self) -> Image:
        return _resize(super().open(), self.shorter, "bilinear")


def resized(data: Data, shorter: int) -> Data:
    """The same samples, with images and masks enlarged or reduced to a shorter side.

    As torchvision's reference does: images bilinearly, masks to the nearest pixel.

    Args:
        data: images with masks.
        shorter: the length of the shorter side, in pixels.
    """
    return replace(
        data,
        samples=[
            replace(
                sample,
                input=_ResizedInput(sample.input.name, sample.input.content, shorter),
                target=partial(_resized_mask, sample.target, shorter),
            )
            for sample in data.samples
            if isinstance(sample.input, ImageInput)
        ],
    )


def _resized_mask(read: Callable[[], Any], shorter: int) -> Any:
    import numpy as np
    from PIL import Image

    mask = np.asarray(read(), np.int32)
    return np.asarray(_resize(Image.fromarray(mask, "I"), shorter, "nearest"), np.int64)


def _resize(picture: Image, shorter: int, how: str) -> Image:
    from torchvision.transforms.functional import InterpolationMode, resize

    made: Image = resize(picture, [shorter], InterpolationMode(how), antialias=True)
    return made
