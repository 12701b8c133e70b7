"""Images that are not RGB, for weights that say so: grey ones, and those of many bands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .files import require_regular
from .inputs import ImageInput
from .pixels import is_tensor

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["channels_of", "open_bands"]


def channels_of(meta: Mapping[str, Any]) -> int:
    """How many channels the images of weights have: as many as ``bands``, or ``in_chans``, or 3."""
    bands = meta.get("bands")
    return len(bands) if bands else int(meta.get("in_chans") or 3)


def open_bands(item: ImageInput, meta: Mapping[str, Any]) -> tuple[Tensor, tuple[int, int]]:
    """An image of other channels than RGB.

    Args:
        item: the input: a ``.npy`` file, an array (H, W, C) or a tensor (C, H, W) of numbers; for
            one channel any image, which becomes grey.
        meta: the weights' meta-data: ``bands`` or ``in_chans``, and ``value_range`` if it is known.

    Returns:
        The values as they are, float32 (C, H, W); of grey images 0 to 255. And (width, height).

    Raises:
        InputError: it cannot be read, or has other channels or values.
    """
    import numpy as np
    import torch

    content, channels = item.content, channels_of(meta)
    is_file = isinstance(content, str | Path) and Path(content).suffix.lower() == ".npy"
    of_torch = is_tensor(content)
    if not (is_file or of_torch or hasattr(content, "__array__")) or hasattr(content, "getbands"):
        if channels != 1:
            raise InputError(item.name, _expected(meta, "is an image file or a PIL image"))
        grey = item.open().convert("L")
        return torch.from_numpy(np.array(grey, np.float32))[None], grey.size
    try:
        if is_file:
            require_regular(Path(content))
            content = np.load(content, allow_pickle=False)
        values = content.detach().cpu().numpy() if of_torch else np.asarray(content)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise InputError(item.name, f"cannot be read: {error}") from error
    if values.dtype.kind not in "biuf":
        raise InputError(item.name, _expected(meta, f"has pixels of the type {values.dtype}"))
    if values.ndim == 2:
        values = values[None]
    elif values.ndim == 3 and not of_torch:
        values = values.transpose(2, 0, 1)
    if values.ndim != 3 or values.shape[0] != channels or 0 in values.shape:
        raise InputError(item.name, _expected(meta, f"has the shape {tuple(values.shape)}"))
    image = torch.from_numpy(np.ascontiguousarray(values, np.float32))
    if not bool(torch.isfinite(image).all()):
        raise InputError(item.name, "has values that are not finite (NaN or infinite)")
    limits = meta.get("value_range")
    lowest, highest = float(image.min()), float(image.max())
    if limits and not limits[0] <= lowest <= highest <= limits[1]:
        reason = f"has values from {lowest:g} to {highest:g}: the weights take "
        raise InputError(item.name, f"{reason}{limits[0]:g} to {limits[1]:g}")
    return image, (image.shape[2], image.shape[1])


def _expected(meta: Mapping[str, Any], what: str) -> str:
    count = channels_of(meta)
    bands = meta.get("bands") or ()
    named = f" ({', '.join(bands[:4])}{', ...' if len(bands) > 4 else ''})" if bands else ""
    noun = "channel" if count == 1 else "channels"
    return (
        f"{what}, but the weights take {count} {noun}{named}: give a .npy file, an array (H, W, C) "
        "or a tensor (C, H, W)"
    )
