"""`Embedding`: what an `Embedder` gives for an input. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..prediction.results import Result

__all__ = ["Embedding"]


@dataclass(frozen=True, eq=False)
class Embedding(Result):
    """The vector of an input.

    Attributes:
        vector: float32, (C,); of ``spatial`` embeddings the map, (C, H, W). A tensor on the CPU, or
            a numpy array of engines without torch; `numpy.asarray` takes both.
    """

    vector: Any

    def lines(self) -> list[str]:
        import numpy as np

        vector = np.asarray(self.vector)
        shape = " x ".join(map(str, vector.shape))
        return [f"{shape} numbers, of length {float(np.linalg.norm(vector)):.4g}"]
