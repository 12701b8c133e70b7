"""A model without weights, initialised as usual or not at all."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from ..catalogs.catalog import ModelEntry
from .assigning import AssignedStateDict
from .shortcut import can_assign, can_skip_initialisation, is_proved
from .skip_init import SkipRandomInit
from .torchvision_bridge import stand_in

__all__ = ["blank_model", "progress_for", "skipping_init"]


def blank_model(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """The model without weights (but with its backbone's, if given), initialised as usual."""
    if not model.loads_weights:
        return build(**arguments)
    arguments = dict(arguments)
    backbone = arguments.get("weights_backbone")
    if backbone is not None:
        arguments["weights_backbone"] = None
        tensors = backbone.get_state_dict(progress=progress, check_hash=True)
        if (
            is_proved(model)
            and can_skip_initialisation(model, arguments)
            and can_assign(backbone, tensors)
        ):
            tensors = AssignedStateDict(tensors)
        arguments["weights_backbone"] = stand_in(
            build, "weights_backbone", backbone, backbone.meta, tensors
        )
    return build(weights=None, **progress_for(build, progress), **arguments)


def progress_for(build: Callable[..., nn.Module], progress: bool) -> dict[str, bool]:
    """The ``progress`` argument, for an architecture that names it as a parameter."""
    try:
        takes = "progress" in inspect.signature(build).parameters
    except (TypeError, ValueError):  # a callable that tells no signature
        return {}
    return {"progress": progress} if takes else {}


def skipping_init(
    skips: bool, *, zeros: bool = False
) -> SkipRandomInit | contextlib.nullcontext[None]:
    """In this context the initialisation is skipped, if it may be."""
    return SkipRandomInit(zeros=zeros) if skips else contextlib.nullcontext()
