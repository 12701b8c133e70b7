"""What can be exported of each task: its inputs, its outputs, and how they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import ExportError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn

    from ..agreement import Arrays, Measure
    from ..pipeline import Pipeline

__all__ = ["TASKS", "TaskExport", "check_task", "require_task"]

TASKS = {
    "image-classification": "classification",
    "instance-segmentation": "detection",
    "keypoint-detection": "detection",
    "object-detection": "detection",
    "optical-flow": "flow",
    "semantic-segmentation": "segmentation",
    "video-classification": "video",
}
"""The module of each task, which is imported on use."""


class TaskExport(Protocol):
    """What the module of a task has."""

    def pipeline(self, model: nn.Module, weights: Any, top: int) -> Pipeline:
        """Joins preprocessing, model and result.

        Args:
            model: the model, with its weights, in evaluation mode.
            weights: the weights whose preprocessing to use.
            top: the number of classes that a classification gives.

        Raises:
            ExportError: the model or its preprocessing cannot be exported.
        """

    def example(self, image: Image, inputs: Sequence[Any]) -> tuple[Any, Mapping[str, Any]]:
        """An input to compare on, made of an image.

        Args:
            image: the image.
            inputs: the ports of the pipeline.

        Returns:
            What `hubcore.Predictor` takes, and the same as arrays by the names of the inputs.
        """

    def outputs(self, result: Any) -> Arrays:
        """A typed result as arrays, by the names of a file's outputs."""

    def measures(self, expected: Arrays, found: Arrays) -> Sequence[Measure]:
        """Compares the hub's outputs with a file's."""


def require_task(name: str) -> TaskExport:
    """The task of that name. Imports torch.

    Raises:
        ExportError: models for it cannot be exported.
    """
    check_task(name)
    module: Any = import_module(f".{TASKS[name]}", __name__)
    return module  # type: ignore[no-any-return]  # a module has what the protocol asks for


def check_task(name: str) -> None:
    """Says whether models for a task can be exported. Imports nothing.

    Raises:
        ExportError: they cannot be.
    """
    if name not in TASKS:
        raise ExportError(
            f"Models for the task '{name}' cannot be exported: only those for {', '.join(TASKS)}."
        )
