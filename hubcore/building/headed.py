"""A new head for a backbone whose architecture takes no number of classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

__all__ = ["Headed"]


class Headed(nn.Module):
    """A backbone and a linear head on its features.

    Args:
        backbone: gives features (B, `features`), or maps of them (B, `features`, H, W), or tokens
            (B, tokens, `features`), which are averaged over the image.
        features: their number.
        classes: the number of classes.

    Attributes:
        backbone: the backbone.
        head: the new head.
    """

    def __init__(self, backbone: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(features, classes)

    def forward(self, x: Any) -> Tensor:
        """Logits (B, classes) for a batch of the backbone's inputs."""
        features: Tensor = self.backbone(x)
        if features.ndim == 3:
            features = features.mean(1)
        elif features.ndim > 3:
            features = features.flatten(2).mean(2)
        logits: Tensor = self.head(features)
        return logits
