"""What published figures were measured with beyond the weights' preprocessing."""

from __future__ import annotations

from typing import Any

from torch import nn

from .engines import ENGINES
from .errors import EvaluationError

__all__ = ["MoreUpdates", "check_protocol"]


class MoreUpdates(nn.Module):
    """RAFT with another number of updates of the flow than its usual twelve.

    Args:
        model: a model of torchvision's RAFT.
        updates: the number.
    """

    def __init__(self, model: nn.Module, updates: int) -> None:
        super().__init__()
        self.model = model
        self.updates = updates

    def forward(self, first: Any, second: Any) -> Any:
        """As the model, see torchvision's `RAFT.forward`."""
        return self.model(first, second, num_flow_updates=self.updates)


def check_protocol(task: str, engine: str, resize: int | None, flow_updates: int | None) -> None:
    """Checks that options fit the task and the engine.

    Raises:
        EvaluationError: one does not, or is below 1.
    """
    for name, value, wanted in (
        ("resize", resize, "semantic-segmentation"),
        ("flow-updates", flow_updates, "optical-flow"),
    ):
        if value is not None and task != wanted:
            raise EvaluationError(f"--{name} is for the task {wanted}, not for {task}.")
        if value is not None and value < 1:
            raise EvaluationError(f"--{name} must be at least 1, not {value}.")
    if flow_updates is not None and engine not in ENGINES:
        raise EvaluationError(
            f"--flow-updates is for torch: what '{engine}' runs updates the flow as often as when "
            f"it was exported."
        )
