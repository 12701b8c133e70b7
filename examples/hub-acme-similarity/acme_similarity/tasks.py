"""Two tasks without classes: an image as a vector, and the similarity of two images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubcore.prediction.tasks import ImageInput, ImageTask, PairInput, Result, Sample, Task

__all__ = ["Embedding", "Similarity", "SimilarityResult", "Vector"]


@dataclass(frozen=True, eq=False)
class Vector(Result):
    """An image as a vector.

    Attributes:
        values: the vector, of length 1: the inner product of two is their cosine similarity.
    """

    values: tuple[float, ...]

    def lines(self) -> list[str]:
        first = ", ".join(f"{value:.3f}" for value in self.values[:4])
        return [f"a vector of {len(self.values)} numbers: {first}, ..."]

    def annotations(self) -> list[dict[str, Any]]:
        return [{"embedding": [round(value, 6) for value in self.values]}]


class Embedding(ImageTask):
    """For models that give vectors (B, length), of any length."""

    batch_size = 16

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[Vector]:
        vectors = output.float() / output.float().norm(dim=1, keepdim=True)
        return [
            Vector(item, sample.size, tuple(vector))
            for item, sample, vector in zip(items, samples, vectors.tolist(), strict=True)
        ]


@dataclass(frozen=True, eq=False)
class SimilarityResult(Result):
    """How similar two images are.

    Attributes:
        similarity: in [-1, 1]; 1 for equal images.
    """

    similarity: float

    def lines(self) -> list[str]:
        return [f"similarity: {self.similarity:.3f}"]

    def annotations(self) -> list[dict[str, Any]]:
        return [{"similarity": round(self.similarity, 6)}]


class Similarity(Task[PairInput]):
    """For models that take two batches (B, 3, H, W) and give a number (B,) for each pair."""

    batch_size = 8

    def load(self, item: PairInput) -> Sample:
        # The images may have different sizes: preprocessing gives all the same.
        first, second = item.first.open(), item.second.open()
        return Sample((self.preprocess(first), self.preprocess(second)), first.size)

    def results(
        self, output: Any, items: Sequence[PairInput], samples: Sequence[Sample]
    ) -> list[SimilarityResult]:
        return [
            SimilarityResult(item, sample.size, value)
            for item, sample, value in zip(items, samples, output.float().tolist(), strict=True)
        ]
