"""Reads images in any format of Pillow's, upright and in RGB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import InputError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["open_image"]


def open_image(name: str, content: Any) -> Image.Image:
    """Opens an image.

    Args:
        name: the input's name, for errors.
        content: a path; a PIL image; an array (H, W) or (H, W, C); or a tensor (C, H, W). Arrays
            and tensors are uint8 in [0, 255], or float in [0, 1].

    Returns:
        The image, decoded, turned upright by its EXIF orientation, in RGB.

    Raises:
        InputError: the image is missing or damaged, or is not an image.
    """
    try:
        if isinstance(content, Image.Image):
            return to_rgb(ImageOps.exif_transpose(content))
        if not isinstance(content, str | Path):
            return to_rgb(_from_array(content))
        with Image.open(content) as image:
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return to_rgb(image)
    except UnidentifiedImageError:
        raise InputError(name, "is not an image in a format that Pillow reads") from None
    except OSError as error:
        raise InputError(name, _reason(error)) from error
    except Exception as error:  # on a damaged file a decoder can raise anything
        raise InputError(name, f"cannot be decoded ({_reason(error)})") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Converts an image to RGB, scaling greys of more than 8 bits. Transparency becomes white."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _from_grey(image).convert("RGB")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    return image.convert("RGB")


def _from_grey(image: Image.Image) -> Image.Image:
    """Scales a grey image of more than 8 bits to 8 bits. Pillow's conversion would clip it."""
    import numpy as np

    values = np.asarray(image).astype(np.float32)
    highest = 65535.0 if image.mode.startswith("I;16") else _full_scale(values)
    return Image.fromarray((values * (255 / highest)).round().clip(0, 255).astype(np.uint8))


def _full_scale(values: np.ndarray[Any, Any]) -> float:
    """The value of white, which modes I and F don't define: the smallest usual one that fits."""
    highest = float(values.max(initial=0))
    return next((scale for scale in (1.0, 255.0, 65535.0) if highest <= scale), highest)


def _from_array(content: Any) -> Image.Image:
    from torchvision.transforms.functional import to_pil_image

    if getattr(content, "ndim", 0) not in (2, 3):
        raise ValueError(f"expected an image, not {type(content).__name__}")
    image: Image.Image = to_pil_image(content)
    return image


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
