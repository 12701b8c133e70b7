"""Adapts the first layers of pre-trained weights to another number of input channels.

The rule is timm's: for one channel the weights of all channels are summed, so that a grey picture
gives what it gives as a colour one; for more, they are repeated, and scaled by the old number of
channels over the new one, so that the layer's output keeps its size.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch

from ..catalogs.catalog import ModelEntry
from ..errors import WeightsError, WrongTypeError
from ..protocols import WeightsLike

__all__ = ["asked_channels", "with_channels"]


def asked_channels(model: ModelEntry, arguments: dict[str, Any]) -> int | None:
    """The number of channels that a builder was asked for.

    It is put under the architecture's own name for it, where the catalogue declares one.

    Args:
        model: the catalogue entry of the model.
        arguments: all arguments of the architecture, in which ``in_chans`` is renamed.

    Raises:
        WrongTypeError: it is not a positive whole number.
    """
    name = model.in_chans["argument"] if model.in_chans else "in_chans"
    if "in_chans" in arguments:
        arguments[name] = arguments.pop("in_chans")
    count = arguments.get(name)
    if count is not None and (type(count) is not int or count < 1):
        raise WrongTypeError(
            f"in_chans is the number of channels of an input, a positive whole number, not "
            f"{count!r}."
        )
    return count


def with_channels(
    model: ModelEntry, weights: WeightsLike, tensors: Mapping[str, Any], arguments: dict[str, Any]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Weights for the number of channels that was asked for.

    Without one the architecture gets that of the weights, in `arguments`.

    Args:
        model: the catalogue entry of the model.
        weights: the weights, for messages.
        tensors: their state dict.
        arguments: all arguments of the architecture.

    Returns:
        The state dict, and the keys of the tensors in it that were adapted.

    Raises:
        WeightsError: the weights have no such layer, or one that the rule is not made for.
        WrongTypeError: the number is not a positive whole number.
    """
    asked = asked_channels(model, arguments)
    if model.in_chans is None:
        return tensors, ()
    keys = [f"{layer}.weight" for layer in model.in_chans["layers"]]
    for key in keys:
        if getattr(tensors.get(key), "ndim", 0) < 3:
            raise WeightsError(
                f"The weights {weights} have no convolution '{key}', which the catalogue of "
                f"'{model.name}' names as a first layer."
            )
    own = int(tensors[keys[0]].shape[1])
    if asked is None or asked == own:
        arguments[model.in_chans["argument"]] = own
        return tensors, ()
    adapted = OrderedDict(tensors)
    adapted._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]  # torch
    adapted |= {key: _adapted(tensors[key], asked) for key in keys}
    return adapted, tuple(keys)


def _adapted(weight: torch.Tensor, count: int) -> torch.Tensor:
    """A weight of shape (out, channels, ...) for another number of channels."""
    own, numbers = weight.shape[1], weight.detach().float()
    if count == 1:
        summed = numbers.sum(dim=1, keepdim=True)
    else:
        repeats = [1, -(-count // own), *[1] * (weight.ndim - 2)]
        summed = numbers.repeat(repeats)[:, :count] * (own / count)
    return summed.to(weight.dtype).contiguous()
