"""Metrics: what is measured for each task, under the names that catalogues use."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from ..errors import EvaluationError
from .base import Metrics, Observation

__all__ = ["Metrics", "Observation", "metrics_of"]

TASKS = {
    "image-classification": ("classification", "ClassificationMetrics"),
    "video-classification": ("classification", "ClassificationMetrics"),
    "object-detection": ("objects", "ObjectMetrics"),
    "instance-segmentation": ("objects", "ObjectMetrics"),
    "keypoint-detection": ("objects", "ObjectMetrics"),
    "semantic-segmentation": ("segmentation", "SegmentationMetrics"),
    "optical-flow": ("flow", "FlowMetrics"),
}


def metrics_of(task: str, categories: Sequence[str]) -> Metrics:
    """The metrics of a task.

    Raises:
        EvaluationError: there are none.
    """
    if task not in TASKS:
        raise EvaluationError(
            f"There is no evaluation for the task '{task}'. There is for {', '.join(TASKS)}."
        )
    module, name = TASKS[task]
    made: Metrics = getattr(import_module(f".{module}", __name__), name)(categories, task)
    return made
