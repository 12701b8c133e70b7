"""What the name of a model or of weights chooses, told before torch is imported."""

from __future__ import annotations

from typing import Any

from hubcore.building.weights_argument import resolve_weights
from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.names import find_model, find_weights, model_of, short_name
from hubcore.errors import UnknownNameError, WeightsError
from hubcore.protocols import WeightsLike
from hubcore.weights.enums import WeightsEnum, canonical_name
from hubcore.weights.lookup import get_weight

from .errors import EvaluationError

__all__ = ["chosen_by_name"]


def chosen_by_name(
    model: str, weights: Any, task: str | None = None
) -> tuple[str, WeightsLike, str]:
    """The model's name, the weights, which need not be downloaded yet, and the task.

    Args:
        model: the name of a model, or the full name of weights, which says the model too.
        weights: a member or a name, for a model.
        task: the task, if it is not the weights' or the model's.

    Raises:
        UnknownNameError: there is no such model, or there are no such weights.
        WeightsError: the weights are for another model.
        EvaluationError: there are none, or the model that they fit is not installed.
    """
    try:
        entry = find_model(model)
    except UnknownNameError:
        if "." not in model:
            raise
        weights = get_weight(model)
        entry = _model_of(weights)
    config = {"quantize": True} if "quantize" in entry.parameters else {}
    try:
        found = resolve_weights(entry, weights, config)
    except TypeError as error:
        raise WeightsError(str(error)) from error
    if found is None:
        raise EvaluationError(f"'{entry.name}' was given no weights: there is nothing to measure.")
    task = task or getattr(getattr(found, "value", None), "task", None) or entry.task
    return short_name(entry), found, task


def _model_of(weights: WeightsEnum) -> ModelEntry:
    """The model that weights fit."""
    found = model_of(find_weights(canonical_name(weights).rpartition(".")[0]))
    if found is None:
        raise EvaluationError(f"The model that {weights!r} fits is not installed.")
    return found
