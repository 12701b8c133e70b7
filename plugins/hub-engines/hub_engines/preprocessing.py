"""The preprocessing of bare models, with Pillow and numpy: as `hubcore.transforms` prepares images.

Of a PIL image torchvision resizes and crops the pixels with Pillow too, so these are the same
bytes; each of the 256 values is then rescaled and normalised once, in float32 as torch does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from hubcore.prediction.pixels import Array

from .errors import FileError

__all__ = ["preprocessing"]

LARGEST = 8192
"""Pixels: a larger size in a file's text is a mistake, or asks for more memory than there is."""

MODES = {
    "nearest": Image.Resampling.NEAREST,
    "nearest-exact": Image.Resampling.NEAREST,  # as torchvision does for PIL images
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
    "lanczos": Image.Resampling.LANCZOS,
}


def preprocessing(target: str, settings: Mapping[str, Any]) -> Callable[[Image.Image], Array]:
    """Makes the preprocessing.

    Args:
        target: its name, ``hubcore.transforms:ImageClassification`` or
            ``...:SemanticSegmentation``. Nothing is imported by it.
        settings: all its arguments.

    Returns:
        A function from an RGB image to float32 (3, H, W).

    Raises:
        FileError: it is another one, or a setting cannot be.
    """
    module, _, name = target.partition(":")
    if module not in ("hubcore.transforms", "torchvision.transforms._presets") or name not in (
        "ImageClassification",
        "SemanticSegmentation",
    ):
        raise FileError(
            f"The preprocessing {target[:80]!r} is not known without torch: only "
            f"ImageClassification and SemanticSegmentation of hubcore.transforms are."
        )
    crops = name == "ImageClassification"
    return _Images(
        _size(settings, "resize_size", optional=not crops),
        _size(settings, "crop_size") if crops else None,
        _numbers(settings, "mean"),
        _numbers(settings, "std"),
        str(settings.get("interpolation", "bilinear")),
    )


class _Images:
    def __init__(
        self,
        resize_size: tuple[int, ...] | None,
        crop_size: tuple[int, ...] | None,
        mean: Array,
        std: Array,
        interpolation: str,
    ) -> None:
        if interpolation not in MODES:
            raise FileError(f"The interpolation {interpolation[:40]!r} is not known.")
        self._resize_size, self._crop_size = resize_size, crop_size
        self._mode = MODES[interpolation]
        levels = np.arange(256, dtype=np.float32) / np.float32(255)
        with np.errstate(all="ignore"):
            # float32 (3, 256): what becomes of each value in each channel.
            self._values = (levels - mean[:, None]) / std[:, None]
        if not np.isfinite(self._values).all():
            raise FileError("The preprocessing's 'mean' or 'std' gives no finite numbers.")

    def __call__(self, image: Image.Image) -> Array:
        if self._resize_size is not None:
            size = _resized(*image.size, self._resize_size)
            if size != image.size:
                image = image.resize(size, self._mode)
        if self._crop_size is not None:
            image = _centre(image, self._crop_size[-1], self._crop_size[0])
        pixels = np.asarray(image)
        prepared = np.empty((3, *pixels.shape[:2]), np.float32)
        for channel, values in enumerate(self._values):
            # All are indices; "clip" alone writes straight into what is returned.
            np.take(values, pixels[..., channel], out=prepared[channel], mode="clip")
        return prepared


def _resized(width: int, height: int, size: tuple[int, ...]) -> tuple[int, int]:
    """The (width, height) of an image whose shorter side is resized, or both sides."""
    if len(size) == 2:
        return size[1], size[0]
    if width <= height:
        return size[0], int(size[0] * height / width)
    return int(size[0] * width / height), size[0]


def _centre(image: Image.Image, width: int, height: int) -> Image.Image:
    """The central part; around a smaller image it is black."""
    left, top = _margin(image.width, width), _margin(image.height, height)
    return image.crop((left, top, left + width, top + height))


def _margin(there: int, wanted: int) -> int:
    return -((wanted - there) // 2) if wanted > there else round((there - wanted) / 2)


def _size(
    settings: Mapping[str, Any], key: str, *, optional: bool = False
) -> tuple[int, ...] | None:
    value = settings.get(key)
    if value is None and optional:
        return None
    sizes = value if isinstance(value, list) else [value]
    if len(sizes) not in (1, 2) or not all(
        type(size) is int and 0 < size <= LARGEST for size in sizes
    ):
        raise FileError(f"The preprocessing's '{key}' is {str(value)[:60]}, which is no size.")
    return tuple(sizes)


def _numbers(settings: Mapping[str, Any], key: str) -> Array:
    value = settings.get(key)
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not all(type(one) in (int, float) and math.isfinite(one) for one in value)
    ):
        raise FileError(f"The preprocessing's '{key}' is {str(value)[:60]}, not three numbers.")
    return np.array(value, dtype=np.float32)
