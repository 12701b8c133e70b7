"""Measures any weights on labelled data as the reference evaluators do, and records the evidence::

    from hub_evaluate import evaluate

    evaluation = evaluate("mobilenet_v2", "imagenet/val")
    print(evaluation.metrics["acc@1"])

The command is ``hub evaluate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import DataError, EvaluationError, UnknownClassesError

if TYPE_CHECKING:
    from .checking import check
    from .comparison import Difference, compare
    from .data import open_data
    from .evaluation import evaluate
    from .results import Evaluation, Measure

__all__ = [
    "DataError",
    "Difference",
    "Evaluation",
    "EvaluationError",
    "Measure",
    "UnknownClassesError",
    "check",
    "compare",
    "evaluate",
    "open_data",
]

__version__ = "0.1.0"

_HOMES = {
    "Difference": "comparison",
    "Evaluation": "results",
    "Measure": "results",
    "check": "checking",
    "compare": "comparison",
    "evaluate": "evaluation",
    "open_data": "data",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:  # imported when it is asked for: the command's help needs no torch
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
