"""Converts published checkpoints to the state dicts of timm's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import timm
import torch

from .uncopied import Uncopied

__all__ = ["to_state_dict"]


def to_state_dict(checkpoint: Mapping[str, Any], *, model_name: str) -> dict[str, Any]:
    """Converts a checkpoint to the state dict of timm's model.

    Most files hold this state dict already. Others (early releases, weights of other projects) go
    through timm's own conversion for the model.

    Args:
        checkpoint: the content of the file.
        model_name: timm's full name of the model, such as ``resnet50.a1_in1k``.

    Returns:
        The tensors by name.

    Raises:
        RuntimeError: the checkpoint does not fit the model.
    """
    if _fits(checkpoint, model_name):
        return dict(checkpoint)
    source = {"state_dict": Uncopied(checkpoint)}
    model = timm.create_model(model_name, pretrained=True, pretrained_cfg_overlay=source)
    return dict(model.state_dict())


def _fits(checkpoint: Mapping[str, Any], model_name: str) -> bool:
    with torch.device("meta"):
        try:
            expected = timm.create_model(model_name).state_dict()
        except (NotImplementedError, RuntimeError):  # the model computes while it is built
            return False
    return expected.keys() == checkpoint.keys() and all(
        tensor.shape == checkpoint[key].shape for key, tensor in expected.items()
    )
