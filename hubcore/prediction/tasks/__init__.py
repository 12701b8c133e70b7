"""Tasks: how each kind of model is fed, and what its output means.

A task says how an input becomes tensors (`load`, in threads), how a batch goes through the model
(`run`), and how the output becomes results (`results`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import PredictionError

if TYPE_CHECKING:
    from ..inputs import Input
    from .base import Task

__all__ = ["TASKS", "make_task"]

# The module in this package that serves a task. All have a class called `Runner`.
TASKS = {
    "image-classification": "classification",
    "object-detection": "detection",
    "instance-segmentation": "detection",
    "keypoint-detection": "detection",
    "semantic-segmentation": "segmentation",
    "video-classification": "video",
    "optical-flow": "flow",
}


def require_task(task: str) -> None:
    """Refuses a task that is not served.

    Raises:
        PredictionError: it is not.
    """
    if task not in TASKS:
        raise PredictionError(
            f"Prediction does not serve the task '{task}'. It serves {', '.join(TASKS)}."
        )


def make_task(task: str, weights: Any, **options: Any) -> Task[Input]:
    """What serves a task, with the preprocessing and the categories of some weights."""
    require_task(task)
    runner: Task[Input] = import_module(f".{TASKS[task]}", __name__).Runner(weights, **options)
    return runner
