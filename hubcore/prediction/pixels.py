"""Turns pixels of any kind into 8-bit ones: the one rule for arrays, tensors and files.

Integers of 8 and 16 bits fill the range of their type, floats that from 0 to 1. Anything else has
no meaning that everybody shares, and is refused rather than guessed at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

__all__ = ["Array", "eight_bits", "from_array", "is_tensor"]

_EXPECTED = "expected uint8 (0 to 255), uint16 (0 to 65535) or floats (0 to 1)"
# Resampling and rounding may leave the range by less than half a level of 8 bits.
_SLACK = 0.5 / 255


def eight_bits(values: Array) -> Array:
    """Scales pixels to uint8.

    Args:
        values: bool, uint8, uint16 or float pixels of any shape.

    Raises:
        ValueError: the type is another one, or floats are not finite or not in [0, 1].
    """
    import numpy as np

    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return (values >> 8).astype(np.uint8)  # as Pillow reads files of 16-bit colours
    if values.dtype.kind != "f":
        raise ValueError(f"its pixels are of the type {values.dtype}: {_EXPECTED}")
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite(lowest + highest):
        raise ValueError(f"some of its pixels are not finite (NaN or infinite): {_EXPECTED}")
    if lowest < -_SLACK or highest > 1 + _SLACK:
        advice = ": divide them by 255" if lowest >= 0 and highest <= 255 else ""
        raise ValueError(
            f"its pixels are floats from {lowest:g} to {highest:g}, and must be from 0 to 1{advice}"
        )
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


def from_array(content: Any) -> Array:
    """The pixels of an array or a tensor: uint8, (H, W) or (H, W, C) with 1 to 4 channels.

    Args:
        content: an array (H, W) or (H, W, C), or a tensor (H, W) or (C, H, W).

    Raises:
        ValueError: it is neither, has another shape, or pixels of another kind.
    """
    import numpy as np

    of_torch = is_tensor(content)
    if of_torch:
        no_values = content.is_meta or content.is_quantized or content.is_nested
        if no_values or str(content.layout) != "torch.strided":
            raise ValueError(f"it is a tensor without plain values ({content.dtype}): {_EXPECTED}")
        values = content.detach().cpu().resolve_conj().resolve_neg()
        values = (values.float() if values.is_floating_point() else values).numpy()
    elif hasattr(content, "__array__") or hasattr(content, "__array_interface__"):
        if np.ma.is_masked(content):
            raise ValueError("some of its pixels are masked: fill them, array.filled(...)")
        values = np.asarray(content)
    else:
        raise ValueError(
            f"its type is {type(content).__name__}: expected a path, the bytes or the open file of "
            f"an image, a PIL image, an array (H, W, C) or a tensor (C, H, W)"
        )
    layout = "(C, H, W)" if of_torch else "(H, W, C)"
    shape = tuple(values.shape)
    if len(shape) == 4:
        raise ValueError(f"its shape {shape} is that of a batch: pass its images, list(batch)")
    if len(shape) == 3 and of_torch:
        values = values.transpose(1, 2, 0)
    if len(shape) not in (2, 3) or (len(shape) == 3 and values.shape[2] not in (1, 2, 3, 4)):
        raise ValueError(f"its shape is {shape}: expected {layout} with 1 to 4 channels, or (H, W)")
    if 0 in shape:
        raise ValueError(f"its shape is {shape}: it has no pixels")
    return eight_bits(values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values)


def is_tensor(value: Any) -> bool:
    """Whether a value is one of torch's tensors. Imports no torch: without it there are none."""
    import sys

    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)
