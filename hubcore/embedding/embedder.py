"""`Embedder`: a model with its weights' preprocessing, for embedding repeatedly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..catalogs.catalog import ModelEntry
from ..catalogs.names import find_model, find_weights, model_of
from ..prediction.engines.base import Request
from ..prediction.engines.with_torch import TorchEngine
from ..prediction.inputs import Input
from ..prediction.optimize import module_of
from ..prediction.predictor import Predictor
from ..prediction.results import Result
from ..prediction.tasks.base import Sample
from .capture import Capture
from .errors import EmbeddingError
from .shapes import as_map, as_vectors

__all__ = ["Embedder", "Embedding"]


@dataclass(frozen=True, eq=False)
class Embedding(Result):
    """The vector of an input.

    Attributes:
        vector: float32 on the CPU, (C,); of ``spatial`` embeddings the map, (C, H, W).
    """

    vector: Tensor

    def lines(self) -> list[str]:
        shape = " x ".join(map(str, self.vector.shape))
        return [f"{shape} numbers, of length {float(self.vector.norm()):.4g}"]


class Embedder(Predictor):
    """A model with its weights' preprocessing, which gives vectors in place of predictions.

    Args:
        model, weights: as for `Predictor`.
        layer: the module whose output to take; None for the input of the declared head.
        spatial: keep maps.
        **options: those of `Predictor`.

    Attributes:
        layer: where the vectors come from: the names of modules, joined by ``+``, with ``input of``
            before those of heads.

    Raises:
        EmbeddingError: the model has no such layer, or its catalogue declares no head.
        HubError: as for `Predictor`.
    """

    _engine: _EmbeddingEngine

    def __init__(
        self,
        model: str | nn.Module,
        weights: Any = "DEFAULT",
        *,
        layer: str | None = None,
        spatial: bool = False,
        **options: Any,
    ) -> None:
        for name in ("engine", "compare", "compile"):
            if options.pop(name, None) not in (None, False, "torch"):
                raise EmbeddingError(
                    f"{name}= is not for embeddings: they come from torch's model."
                )
        make = partial(_EmbeddingEngine, layer=layer, spatial=spatial)
        super().__init__(model, weights, engine=make, **options)
        self.layer = self._engine.layer


class _EmbeddingEngine(TorchEngine):
    """Runs a model as prediction does, and takes what its modules see."""

    def __init__(self, request: Request, *, layer: str | None, spatial: bool) -> None:
        if layer is None and isinstance(request.model, str):
            _heads(request.model, None)  # before anything is downloaded
        super().__init__(request)
        self._spatial = spatial
        self._before: set[str] = set()
        model = module_of(self._model)
        names, self.layer = ([layer], layer) if layer is not None else ([], "")
        if layer is None:
            names = heads = _heads(request.model, self.weights)
            self.layer = "input of " + " + ".join(heads)
            if spatial:  # heads take what is pooled
                self._before = set(heads)
                names = [*_of_backbone(model), *heads]
                self.layer = "last map before " + " + ".join(heads)
        self._capture = Capture(model, names, inputs=layer is None and not spatial)

    def run(self, items: Sequence[Input], samples: Sequence[Sample]) -> Sequence[Result]:
        moved = [
            Sample(tuple(self._to_device(tensor) for tensor in sample.tensors), sample.size)
            for sample in samples
        ]
        with torch.inference_mode(), self._capture.watching() as seen:
            self.task.run(self._model, moved)
        image = tuple(samples[0].tensors[0].shape)[-2:]
        made = (self._map if self._spatial else self._vectors)(seen, len(items), image)
        return [
            Embedding(item, sample.size, row.cpu().clone())
            for item, sample, row in zip(items, samples, made, strict=True)
        ]

    def _vectors(self, seen: dict[str, list[Tensor]], rows: int, image: tuple[int, ...]) -> Tensor:
        parts, known = [], set[int]()
        for name, calls in seen.items():
            fresh = [one for one in calls if id(one) not in known]
            known.update(map(id, calls))
            vectors = [as_vectors(one, rows, image) for one in fresh]
            if any(one is None for one in vectors):
                shape = tuple(fresh[0].shape)
                raise EmbeddingError(f"'{name}' gives tensors {shape}: no vector for each input.")
            if vectors:  # called several times, as for each level of a pyramid: the mean
                parts.append(torch.stack(vectors).mean(0))  # type: ignore[arg-type]  # none is None
        if not parts:
            raise EmbeddingError(f"'{self.layer}' was not reached by this input.")
        return torch.cat(parts, dim=1)

    def _map(self, seen: dict[str, list[Tensor]], rows: int, image: tuple[int, ...]) -> Tensor:
        found = None
        for name, calls in seen.items():
            if name in self._before:
                break
            for one in calls:
                made = as_map(one, rows, image)
                if made is not None and (min(made.shape[-2:]) > 1 or not self._before):
                    found = made
        if found is None:
            raise EmbeddingError(f"'{self.layer}' gives no map: leave out spatial.")
        return found


def _of_backbone(model: nn.Module) -> list[str]:
    """The modules among which the last map before the head is: a detector's are its backbone's."""
    names = [name for name, _ in model.named_modules() if name]
    inside: list[str] = []
    if hasattr(model, "transform"):
        inside = [name for name in names if name.startswith("backbone.body.")]
        inside = inside or [name for name in names if name.startswith("backbone.")]
    return inside or names


def _heads(model: Any, weights: Any) -> list[str]:
    """The modules that make up the declared head, without those that only help in training."""
    if isinstance(model, str):
        entry: ModelEntry | None = find_model(model)
    else:
        enum = getattr(type(weights), "__hub_name__", None)
        entry = model_of(find_weights(enum)) if enum else None
    declared = [one for one in entry.head if not one.lower().startswith("aux")] if entry else []
    boxes = [one for one in declared if ".box_predictor." in one]  # masks are of what is found
    if not declared:
        name = f"'{model}'" if isinstance(model, str) else type(model).__name__
        raise EmbeddingError(
            f"The catalogue declares no head of {name}, so nothing says what its vector is: give "
            "the name of a module as layer."
        )
    return boxes or declared
