"""EfficientNet-Lite0 without its classifier: one image to a vector, two images to a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.nn.functional import cosine_similarity

from hub_efficientnet_lite import convert
from hub_efficientnet_lite.model import EfficientNetLite

__all__ = ["LiteSimilarity", "LiteVector", "without_classifier"]


class LiteVector(EfficientNetLite):
    """Takes float images (N, 3, H, W), and gives their features (N, 1280)."""

    def __init__(self) -> None:
        super().__init__()
        del self.classifier, self.dropout

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x))).mean((2, 3))


class LiteSimilarity(LiteVector):
    """Takes two batches (N, 3, H, W), and gives the cosine similarity (N,) of their features."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return cosine_similarity(super().forward(first), super().forward(second))


def without_classifier(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of the classifier's checkpoint that these models have, under their names."""
    renamed = convert.to_state_dict(checkpoint)
    return {key: value for key, value in renamed.items() if not key.startswith("classifier.")}
