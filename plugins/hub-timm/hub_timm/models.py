"""timm's models, with weights that hubcore has verified."""

from __future__ import annotations

from typing import Any, Protocol

import timm
from torch import nn

from hubcore.errors import HubError

from .uncopied import Uncopied

__all__ = ["ArgumentsError", "create_model"]


class _Weights(Protocol):
    def get_state_dict(self) -> dict[str, Any]: ...


_UNSUITABLE = (AssertionError, AttributeError, LookupError, TypeError, ValueError)


class ArgumentsError(HubError, TypeError, ValueError):
    """timm makes no such model with these arguments."""


def create_model(
    model_name: str, *, weights: _Weights | None = None, **arguments: Any
) -> nn.Module:
    """Builds one of timm's models, as ``timm.create_model`` does.

    Args:
        model_name: timm's full name of the model, such as ``resnet50.a1_in1k``.
        weights: what has the tensors of the model as timm publishes it. timm adapts them to the
            arguments, by its own rules: other numbers of channels and classes, another size of
            images, features only. None for a model without pre-trained weights.
        **arguments: ``in_chans``, ``num_classes``, ``features_only``, ``out_indices``,
            ``img_size``, ``global_pool``, ``drop_path_rate`` and whatever else the model has.

    Raises:
        ArgumentsError: the model has no such argument, or takes no such value of it.
        RuntimeError: the tensors do not fit the model, or it does not offer what was asked.
    """
    try:
        return _created(model_name, weights, arguments)
    except HubError:
        raise
    except _UNSUITABLE as error:
        if not arguments:
            raise
        given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ArgumentsError(f"timm makes no {model_name} with {given}: {said}") from error


def _created(model_name: str, weights: _Weights | None, arguments: dict[str, Any]) -> nn.Module:
    if weights is None:
        return timm.create_model(model_name, **arguments)
    # Classes that a published file has too many of are gone from these tensors already.
    source = {"state_dict": Uncopied(weights.get_state_dict()), "label_offset": 0}
    model = timm.create_model(
        model_name, pretrained=True, pretrained_cfg_overlay=source, **arguments
    )
    _forget_source(model, model_name)
    return model


def _forget_source(model: nn.Module, model_name: str) -> None:
    """Takes the tensors out of the configuration, where timm keeps what it loaded from."""
    published = timm.get_pretrained_cfg(model_name, allow_unregistered=False)
    offset = published.label_offset if published is not None else None
    for module in model.modules():
        for name in ("pretrained_cfg", "default_cfg"):
            found = getattr(module, name, None)
            if isinstance(found, dict) and found.pop("state_dict", None) is not None:
                found.pop("label_offset", None)
                if offset is not None:
                    found["label_offset"] = offset
