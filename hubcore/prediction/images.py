"""Reads images of an explicit list of formats, upright and in RGB."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import InputError
from .files import content_of, require_regular
from .pixels import eight_bits, from_array

__all__ = ["formats", "open_image"]

# Formats whose decoders are Pillow's own. EPS, for one, would start another program.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICNS", "ICO", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM"),
    *("QOI", "SGI", "TGA", "TIFF", "WEBP", "XBM"),
)


def open_image(name: str, content: Any) -> Image.Image:
    """Opens an image.

    Args:
        name: the input's name, for errors.
        content: a path; the bytes of an image file, or an open file; a PIL image; an array (H, W)
            or (H, W, C); or a tensor (C, H, W). Arrays and tensors are uint8 in [0, 255], uint16 in
            [0, 65535], or float in [0, 1].

    Returns:
        The image, decoded, turned upright by its EXIF orientation, in RGB.

    Raises:
        InputError: the image is missing or damaged, or is not an image.
    """
    try:
        return _opened(content)
    except InputError as error:
        raise InputError(name, error.reason) from error
    except UnidentifiedImageError:
        raise InputError(name, f"is not an image in one of the formats {_names()}") from None
    except OSError as error:
        raise InputError(name, _reason(error)) from error
    except ValueError as error:
        raise InputError(name, f"cannot be used: {_reason(error)}") from error
    except Exception as error:  # on a damaged file a decoder can raise anything
        raise InputError(name, f"cannot be decoded ({_reason(error)})") from error


def formats() -> tuple[str, ...]:
    """The formats that are read, of those that this Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _opened(content: Any) -> Image.Image:
    if isinstance(content, Image.Image):
        if 0 in content.size:
            raise ValueError("it has no pixels")
        return to_rgb(ImageOps.exif_transpose(content))
    if isinstance(content, str | Path):
        require_regular(Path(content))
        return _decoded(content)
    if isinstance(content, bytes | bytearray | memoryview):
        return _decoded(io.BytesIO(content))
    if callable(getattr(content, "read", None)):
        return _decoded(io.BytesIO(content_of(content)))
    return to_rgb(Image.fromarray(from_array(content)))


def _decoded(source: Any) -> Image.Image:
    with Image.open(source, formats=formats()) as image:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return to_rgb(image)


def to_rgb(image: Image.Image) -> Image.Image:
    """Converts an image to RGB, scaling greys of more than 8 bits. Transparency becomes white.

    Raises:
        ValueError: its pixels have no common meaning (see `pixels`).
    """
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return Image.fromarray(eight_bits(_grey(image))).convert("RGB")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    return image.convert("RGB")


def _grey(image: Image.Image) -> Any:
    """The pixels of a grey image of more than 8 bits, in their own type."""
    import numpy as np

    values = np.asarray(image)
    # Pillow opens greys of 16 bits in these formats as 32-bit integers.
    if image.mode == "I" and image.format in ("PNG", "PPM", "SGI") and values.min() >= 0:
        return values.astype(np.uint16) if values.max() <= 65535 else values
    return values


def _names() -> str:
    return ", ".join(formats())


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
