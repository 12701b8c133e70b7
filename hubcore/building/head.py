"""A model's head: its tensors, its number of classes, and a new one for another number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from ..catalogs.catalog import ModelEntry
from ..errors import WeightsError
from ..protocols import WeightsLike
from .blank import blank_model, skipping_init
from .skip_init import SkipRandomInit

__all__ = [
    "class_count",
    "class_count_by_shape",
    "has_head",
    "head_prefixes",
    "head_tensors",
    "make_new_head",
    "with_head",
]


def make_new_head(
    model: ModelEntry,
    build: Callable[..., nn.Module],
    progress: bool,
    tensors: Mapping[str, Any],
    arguments: dict[str, Any],
    skips: bool,
) -> dict[str, torch.Tensor]:
    """The tensors of a new head, initialised as the architecture does."""

    def blank(arguments: dict[str, Any]) -> nn.Module:
        if skips and not arguments.get("quantize"):
            return _blank_but_head(model, build, progress, arguments)
        return blank_model(model, build, progress, arguments)

    head = head_tensors(model, tensors, blank(arguments))
    if arguments.get("quantize") and not head.keys() <= tensors.keys():
        # Weights of quantization-aware training, which become integers after loading.
        head = head_tensors(model, tensors, blank({**arguments, "quantize": False}))
    return head


def _blank_but_head(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """A blank model in which only the head is sure to be initialised, which takes little time."""
    with SkipRandomInit() as draft:
        parameters = blank_model(model, build, progress, arguments).named_parameters()
    head = {draft.number_of(p) for name, p in parameters if name.startswith(head_prefixes(model))}
    with SkipRandomInit(keep=head):
        return blank_model(model, build, progress, arguments)


def class_count(weights: WeightsLike) -> int | None:
    """The number of classes in the weights' meta-data; None if it is not there."""
    categories = weights.meta.get("categories")
    if categories:
        return len(categories)
    if isinstance(weights.meta.get("num_classes"), int):
        return int(weights.meta["num_classes"])  # for classes published without names
    return None


def class_count_by_shape(
    model: ModelEntry,
    build: Callable[..., nn.Module],
    weights: WeightsLike,
    tensors: Mapping[str, Any],
    arguments: dict[str, Any],
    skips: bool,
) -> int:
    """The number of classes for which the model's head has the same shapes as the weights'.

    Tries ``num_classes``, then the rows of the head's weight: some heads have more rows than
    classes.
    """
    weight = tensors.get(f"{model.head[0]}.weight")
    rows = len(weight) if isinstance(weight, torch.Tensor) else None
    for count in (arguments.get("num_classes"), rows):
        if count is None:
            continue
        with torch.random.fork_rng(devices=()), skipping_init(skips):
            blank = blank_model(model, build, False, {**arguments, "num_classes": count})
        if all(
            key in tensors and getattr(tensors[key], "shape", None) == value.shape
            for key, value in head_tensors(model, tensors, blank).items()
        ):
            return int(count)
    raise WeightsError(
        f"The weights {weights} do not say how many classes they have. Pass the number that they "
        f"were trained with, num_classes=..., or add 'categories' to their meta-data."
    )


def head_tensors(
    model: ModelEntry, tensors: Mapping[str, Any], blank: nn.Module
) -> dict[str, torch.Tensor]:
    """The head's tensors in a blank model.

    Left out are heads that the weights do not have: some come without the auxiliary ones. Weights
    without any are those of a backbone, for which all are new.
    """
    if not model.head:
        raise WeightsError(
            f"The catalogue of '{model.name}' does not say which part of it is the head, so "
            f"num_classes must be that of the weights. Leave num_classes out."
        )
    heads = head_prefixes(model)
    present = tuple(p for p in heads if any(key.startswith(p) for key in tensors)) or heads
    return {key: value for key, value in blank.state_dict().items() if key.startswith(present)}


def has_head(model: ModelEntry, tensors: Mapping[str, Any]) -> bool:
    """Whether weights have any tensor of the model's head."""
    return any(key.startswith(head_prefixes(model)) for key in tensors)


def head_prefixes(model: ModelEntry) -> tuple[str, ...]:
    """The prefixes of the head's state-dict keys."""
    return tuple(f"{path}." for path in model.head)


def with_head(
    model: ModelEntry, tensors: Mapping[str, Any], new: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A copy of a state dict, including its meta-data, with another head.

    A new head without tensors, as timm's models have for ``num_classes=0``, leaves none of the old.
    """
    state_dict = OrderedDict(tensors)
    if not new:
        for key in [key for key in state_dict if key.startswith(head_prefixes(model))]:
            del state_dict[key]
    state_dict.update(new)
    state_dict._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]  # torch
    return state_dict
