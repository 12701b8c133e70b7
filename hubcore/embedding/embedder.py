"""`Embedder`: a model with its weights' preprocessing, for embedding repeatedly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..prediction.engines import is_exported, make_engine, without_torch
from ..prediction.engines.base import Engine, Request, Vectors
from ..prediction.predictor import Predictor

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Embedder"]


class Embedder(Predictor):
    """A model with its weights' preprocessing, which gives vectors in place of predictions.

    Args:
        model, weights: as for `Predictor`; an exported file must be one for embeddings.
        layer: the module whose output to take; None for the input of the declared head.
        spatial: keep maps.
        engine: what runs the model, as for `Predictor`. Without torch there are no maps.
        **options: those of `Predictor`.

    Attributes:
        layer: where the vectors come from: the names of modules, joined by ``+``, with ``input of``
            before those of heads.

    Raises:
        EmbeddingError: the model has no such layer, or its catalogue declares no head.
        HubError: as for `Predictor`.
    """

    def __init__(
        self,
        model: str | Path | nn.Module,
        weights: Any = "DEFAULT",
        *,
        layer: str | None = None,
        spatial: bool = False,
        engine: str | Callable[[Request], Engine] | None = None,
        **options: Any,
    ) -> None:
        def make(request: Request) -> Engine:
            wanted = replace(request, vectors=Vectors(layer, spatial))
            if engine in (None, "torch") and not is_exported(model):
                try:
                    from .with_torch import TorchEmbeddings
                except ModuleNotFoundError as absent:
                    raise without_torch(absent) from absent
                return TorchEmbeddings(wanted)
            return make_engine(engine, wanted)

        super().__init__(model, weights, engine=make, **options)
        self.layer = self._engine.layer
