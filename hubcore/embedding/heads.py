"""Which modules make up the head of a model, as its catalogue declares it. Imports no torch."""

from __future__ import annotations

from typing import Any

from ..catalogs.catalog import ModelEntry
from ..catalogs.names import find_model, find_weights, model_of
from .errors import EmbeddingError

__all__ = ["declared_heads"]


def declared_heads(model: Any, weights: Any) -> list[str]:
    """The modules that make up the declared head, without those that only help in training.

    Args:
        model: a model's name, or a module.
        weights: the weights that go with a module: of which model they are tells its head.

    Raises:
        EmbeddingError: the catalogue declares none.
        UnknownNameError: there is no such model.
    """
    if isinstance(model, str):
        entry: ModelEntry | None = find_model(model)
    else:
        enum = getattr(type(weights), "__hub_name__", None)
        entry = model_of(find_weights(enum)) if enum else None
    declared = [one for one in entry.head if not one.lower().startswith("aux")] if entry else []
    boxes = [one for one in declared if ".box_predictor." in one]  # masks are of what is found
    if not declared:
        name = f"'{model}'" if isinstance(model, str) else type(model).__name__
        raise EmbeddingError(
            f"The catalogue declares no head of {name}, so nothing says what its vector is: give "
            "the name of a module as layer."
        )
    return boxes or declared
