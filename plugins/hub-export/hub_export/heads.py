"""What follows a model in an exported file: from its output to the result that users want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it

__all__ = ["Classes", "Segments"]


class Classes(nn.Module):
    """Logits (N, classes) to probabilities, and the most likely classes.

    Args:
        top: the number of classes to give.
    """

    def __init__(self, top: int) -> None:
        super().__init__()
        self.top = top

    def forward(self, output: Tensor) -> dict[str, Tensor]:
        probabilities = output.float().softmax(dim=-1)
        scores, labels = probabilities.topk(min(self.top, probabilities.shape[-1]))
        return {"probabilities": probabilities, "scores": scores, "labels": labels}


class Segments(nn.Module):
    """Logits (N, classes, h, w), or a dict that has them as ``out``, to classes (N, H, W)."""

    def forward(self, output: Any, height: Any, width: Any) -> dict[str, Tensor]:
        logits = (output["out"] if isinstance(output, Mapping) else output).float()
        # As in hubcore.prediction: only classes that are the most likely somewhere can win.
        numbers = torch.arange(logits.shape[1], device=logits.device).view(1, -1, 1, 1)
        present = (logits.argmax(dim=1, keepdim=True) == numbers).any(-1).any(-1)
        scaled = F.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
        scaled = scaled.masked_fill(~present[..., None, None], -torch.inf)
        return {"mask": scaled.argmax(dim=1)}
