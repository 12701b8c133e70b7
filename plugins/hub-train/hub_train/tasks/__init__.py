"""The tasks that can be trained: how images are augmented, become batches, and give a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..recipes import Recipe
from .base import Images, Task

__all__ = ["Images", "Task", "task_of"]


def task_of(
    name: str,
    recipe: Recipe,
    *,
    categories: Sequence[str],
    preprocessing: Mapping[str, Any],
    keypoints: Sequence[str] = (),
) -> Task:
    """The training of a task.

    Args:
        name: the task's name, one of `hub_train.choice.TASKS`.
        recipe: the recipe, whose sizes are set.
        categories: the names of the classes.
        preprocessing: the arguments of the evaluation's preprocessing.
        keypoints: the names of an object's keypoints.
    """
    if name == "image-classification":
        from .classification import ClassificationTask

        return ClassificationTask(recipe, categories, preprocessing)
    if name == "semantic-segmentation":
        from .segmentation import SegmentationTask

        return SegmentationTask(recipe, preprocessing)
    from .objects import ObjectTask

    return ObjectTask(recipe, name, keypoints)
