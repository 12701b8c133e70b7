"""`Taken`: what embeddings take of a model that runs, and how a vector becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from ..prediction.engines.base import Vectors
from .capture import Capture, Seen
from .errors import EmbeddingError
from .shapes import as_map, mean_over

__all__ = ["Taken"]

Axes = tuple[int, ...]


class Taken:
    """What modules of a model see: the inputs of its head, or the output of a layer.

    Args:
        model: the model.
        heads: the modules of its head; not looked at where a layer is wanted.
        wanted: what is wanted.

    Attributes:
        layer: where the vectors come from: the names of modules, joined by ``+``, with ``input of``
            before those of heads.

    Raises:
        EmbeddingError: the model has no such layer.
    """

    def __init__(self, model: nn.Module, heads: Sequence[str], wanted: Vectors) -> None:
        self._before: set[str] = set()
        if wanted.layer is not None:
            names, self.layer = [wanted.layer], wanted.layer
        elif wanted.spatial:  # heads take what is pooled
            self._before = set(heads)
            names = [*_of_backbone(model), *heads]
            self.layer = "last map before " + " + ".join(heads)
        else:
            names, self.layer = list(heads), "input of " + " + ".join(heads)
        inputs = wanted.layer is None and not wanted.spatial
        self._capture = Capture(model, names, inputs=inputs)

    def watching(self) -> AbstractContextManager[Seen]:
        """In this context what this thread's modules see is put into the dict."""
        return self._capture.watching()

    def vectors(self, seen: Seen, axes_of: Callable[[Tensor], Axes | None]) -> Tensor:
        """One vector an input.

        Args:
            seen: what was seen of a batch.
            axes_of: the axes of a tensor that are places, see `shapes.places`.

        Returns:
            float32, (B, C).

        Raises:
            EmbeddingError: nothing was seen, or it is no vector for each input.
        """
        parts, known = [], set[int]()
        for name, calls in seen.items():
            fresh = [one for one in calls if id(one) not in known]
            known.update(map(id, calls))
            made = []
            for one in fresh:
                axes = axes_of(one)
                if axes is None:
                    shape = tuple(one.shape)
                    raise EmbeddingError(f"'{name}' gives tensors {shape}: no vector each input.")
                made.append(mean_over(one, axes))
            if made:  # called several times, as for each level of a pyramid: the mean
                parts.append(torch.stack(made).mean(0))
        if not parts:
            raise EmbeddingError(f"'{self.layer}' was not reached by this input.")
        return torch.cat(parts, dim=1)

    def maps(self, seen: Seen, rows: int, image: tuple[int, ...]) -> Tensor:
        """One map an input.

        Args:
            seen: what was seen of a batch.
            rows, image: see `shapes.as_map`.

        Returns:
            float32, (B, C, H, W), or (B, C, T, H, W) of videos.

        Raises:
            EmbeddingError: nothing that was seen is a map.
        """
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
