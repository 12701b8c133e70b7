"""What other libraries wrap a tensor in: the one rule for preprocessing's results and models'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pixels import is_tensor

__all__ = ["image_in", "logits_in"]

_IMAGES = ("image", "pixel_values")  # Kornia's and TorchGeo's name, and Transformers'


def image_in(prepared: Any) -> Any:
    """The image that preprocessing returns: a tensor, or the one in a dict.

    A first dimension of 1 that a dict's tensor has beyond (C, H, W) is a batch of one, and is left
    out.

    Args:
        prepared: a tensor (C, H, W), or a dict with it as ``image`` or ``pixel_values``, or as its
            only tensor. Anything else is returned as it is.

    Raises:
        ValueError: a dict has no such tensor.
    """
    if not isinstance(prepared, Mapping):
        return prepared
    tensors = [prepared[name] for name in _IMAGES if is_tensor(prepared.get(name))]
    found = tensors or [value for value in prepared.values() if is_tensor(value)]
    if not tensors and len(found) != 1:
        raise ValueError(
            f"preprocessing returned a dict without 'image' or 'pixel_values' that has "
            f"{len(found)} tensors, so which one the model takes is not known"
        )
    image = found[0]
    return image[0] if image.ndim == 4 and len(image) == 1 else image


def logits_in(output: Any) -> Any:
    """The logits that a classifier returns: a tensor, or ``logits`` of an object or a dict."""
    if is_tensor(output):
        return output
    if isinstance(output, Mapping) and "logits" in output:
        return output["logits"]
    return getattr(output, "logits", output)
