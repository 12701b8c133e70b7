"""Selects weights by names of models or of weights, as commands take them."""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogs.names import find_model, find_weights
from ..catalogs.queries import list_models, list_weights
from ..errors import AmbiguousNameError, UnknownNameError
from .enums import WeightsEnum, canonical_name
from .lookup import get_weight, weights_enum

__all__ = ["select_weights"]


def select_weights(names: Iterable[str], *, every: bool = False) -> list[WeightsEnum]:
    """Selects weights by names; a model's name selects its default weights.

    Args:
        names: names of models, of weights or of weights enums, or shell-style patterns of models.
        every: select all weights of each model instead of the default ones. Without names, select
            all weights of all models.

    Returns:
        The weights, each once, in the order of the names.

    Raises:
        UnknownNameError: there is nothing of this name, or the model has no weights.
        AmbiguousNameError: several packages offer the name.
    """
    names = list(names)
    selected: dict[str, WeightsEnum] = {}
    for name in names if names or not every else ["*"]:
        for member in _meant(name, every):
            selected.setdefault(canonical_name(member), member)
    return list(selected.values())


def _meant(name: str, every: bool) -> list[WeightsEnum]:
    if any(character in name for character in "*?["):
        models = list_models(name)
        if not models:
            raise UnknownNameError("model", name)
        return [member for model in models for member in _of_model(model, every)]
    try:
        model = find_model(name)
    except AmbiguousNameError:
        raise
    except UnknownNameError as unknown:
        try:
            if "." in name.rpartition("/")[2]:
                return [get_weight(name)]
            return list(weights_enum(find_weights(name)))
        except UnknownNameError as error:
            raise (error if "_weights" in name.lower() else unknown) from None
    members = _of_model(model.canonical, every)
    if not members:
        raise UnknownNameError("weights", name, hint=f"The model '{name}' has no weights.")
    return members


def _of_model(name: str, every: bool) -> list[WeightsEnum]:
    if every:
        return [get_weight(weights) for weights in list_weights(name)]
    model = find_model(name)
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return []
    enum = weights_enum(entry)
    return [enum[entry.default or next(iter(entry.members))]]
