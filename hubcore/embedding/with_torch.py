"""Embeddings by torch's model, which those of other engines are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch

from ..prediction.engines.base import Request, Vectors
from ..prediction.engines.with_torch import TorchEngine
from ..prediction.inputs import Input
from ..prediction.optimize import module_of
from ..prediction.results import Result
from ..prediction.tasks.base import Sample
from .errors import EmbeddingError
from .heads import declared_heads
from .result import Embedding
from .shapes import places
from .taken import Taken

__all__ = ["TorchEmbeddings"]


class TorchEmbeddings(TorchEngine):
    """Runs a model as prediction does, and takes what its modules see."""

    gives_vectors: ClassVar[bool] = True

    def __init__(self, request: Request) -> None:
        for name in ("compare", "compile"):
            if getattr(request, name):
                raise EmbeddingError(f"{name}= is not for embeddings.")
        wanted = request.vectors or Vectors()
        if wanted.layer is None and isinstance(request.model, str):
            declared_heads(request.model, None)  # before anything is downloaded
        super().__init__(request)
        heads = declared_heads(request.model, self.weights) if wanted.layer is None else []
        self._taken = Taken(module_of(self._model), heads, wanted)
        self._spatial, self.layer = wanted.spatial, self._taken.layer

    def run(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        moved = [
            Sample(tuple(self._to_device(tensor) for tensor in sample.tensors), sample.size)
            for sample in samples
        ]
        with torch.inference_mode(), self._taken.watching() as seen:
            self.task.run(self._model, moved)
        rows, image = len(items), tuple(samples[0].tensors[0].shape)[-2:]
        made = (
            self._taken.maps(seen, rows, image)
            if self._spatial
            else self._taken.vectors(seen, lambda found: places(found.shape, rows, image))
        )
        return [
            Embedding(item, sample.size, row.cpu().clone())
            for item, sample, row in zip(items, samples, made, strict=True)
        ]
