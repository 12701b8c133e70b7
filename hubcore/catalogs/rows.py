"""Rows: the facts of all models or of all weights, by name."""

from __future__ import annotations

from . import queries
from .facts import Facts, facts, weights_facts
from .names import find_weights

__all__ = ["model_rows", "weights_rows"]


def model_rows() -> dict[str, Facts]:
    """The facts of all models by the names under which they are listed."""
    return {name: {"name": name, **facts(entry)} for name, entry in queries.models().items()}


def weights_rows(*, task: str | None = None, plugin: str | None = None) -> dict[str, Facts]:
    """The facts of weights by the names under which they are listed.

    Args:
        task, plugin: as for `queries.list_weights`.

    Raises:
        UnknownNameError: there is no such task or plugin.
    """
    rows = {}
    for name in queries.list_weights(task=task, plugin=plugin):
        enum, _, member = name.rpartition(".")
        rows[name] = {"name": name, **weights_facts(find_weights(enum), member)}
    return rows
