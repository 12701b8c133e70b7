"""Tasks: how each kind of model takes its inputs, and what its output means.

A task defines how an input becomes tensors (`load`, in threads), how a batch goes through the model
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

# The module of this package that implements each task, in a class named `Runner`.
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
    """Checks that prediction supports a task.

    Raises:
        PredictionError: it does not.
    """
    if task not in TASKS:
        raise PredictionError(
            f"Prediction does not support the task '{task}'. It supports {', '.join(TASKS)}."
        )


def make_task(task: str, weights: Any, **options: Any) -> Task[Input]:
    """Makes the `Task` object for a task.

    Args:
        task: the name of the task.
        weights: the weights whose preprocessing and categories to use.
        **options: further arguments of `Task`.

    Raises:
        PredictionError: prediction does not support the task.
    """
    require_task(task)
    runner: Task[Input] = import_module(f".{TASKS[task]}", __name__).Runner(weights, **options)
    return runner
