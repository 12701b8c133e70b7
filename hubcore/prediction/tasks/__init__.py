"""Tasks: how each kind of model takes its inputs, and what its output means.

A task defines how an input becomes tensors (`load`, in threads), how a batch goes through the model
(`run`), and how the output becomes results (`results`). Packages add tasks by the entry-point group
``hubcore.tasks`` (see `hubcore.catalogs.tasks`); ours are written in the same way. Importing a task
imports no torch.
"""

from __future__ import annotations

from typing import Any

from ...catalogs.tasks import TaskEntry, find_task
from ...errors import UnknownNameError
from ..errors import InputError, PredictionError
from ..inputs import (
    ClipInput,
    ImageInput,
    ImagesInput,
    Input,
    PairInput,
    PointsInput,
    PromptedInput,
    TextInput,
)
from ..results import Result
from .base import ImageTask, Model, Options, Sample, Task

__all__ = [
    "ClipInput",
    "ImageInput",
    "ImageTask",
    "ImagesInput",
    "Input",
    "InputError",
    "Model",
    "Options",
    "PairInput",
    "PointsInput",
    "PromptedInput",
    "Result",
    "Sample",
    "Task",
    "TextInput",
    "make_task",
    "require_task",
    "task_class",
]


def require_task(task: str) -> TaskEntry:
    """Finds a task that models can be run for.

    Raises:
        PredictionError: there is no such task. The error suggests similar names.
        AmbiguousNameError: several packages add it.
        PluginError: the package that adds it is broken or disabled.
    """
    try:
        return find_task(task)
    except UnknownNameError as error:
        reason = str(error).partition(". ")[2]
        raise PredictionError(f"Prediction does not support the task '{task}'. {reason}") from error


def make_task(task: str, weights: Any, options: Options) -> Task[Any]:
    """Makes the `Task` object for a task.

    Args:
        task: the name of the task.
        weights: the weights whose preprocessing and categories to use.
        options: the user's options.

    Raises:
        PredictionError: there is no such task.
        PluginError: the package that adds it is broken or disabled.
    """
    made: Task[Any] = task_class(require_task(task))(weights, options)
    return made


def task_class(entry: TaskEntry) -> type[Task[Any]]:
    """The class that implements a task, imported.

    Raises:
        PluginError: it cannot be imported, or is no `Task`.
    """
    found = entry.load()
    if not (isinstance(found, type) and issubclass(found, Task)):
        raise entry.fault(f"cannot be used: {entry.target} is no subclass of Task")
    lacking = ", ".join(sorted(found.__abstractmethods__))
    if lacking:
        raise entry.fault(f"cannot be used: {entry.target} lacks {lacking}")
    return found
