"""Embeds inputs and keeps the vectors in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hubcore.catalogs.names import find_model
from hubcore.embedding import EmbeddingError
from hubcore.embedding.embedder import Embedder
from hubcore.info import preprocessing_of
from hubcore.prediction import Failure
from hubcore.prediction.engines import is_exported
from hubcore.prediction.expansion import expand
from hubcore.prediction.inputs import Input
from hubcore.weights.traces import trace

from .table import EmbeddingFile, Origin

__all__ = ["embed_to_file", "embedded", "embedder_for", "extended", "origin_of"]


def embed_to_file(
    output: str | Path,
    model: str,
    inputs: Any,
    *,
    weights: Any = "DEFAULT",
    append: bool = False,
    **options: Any,
) -> EmbeddingFile:
    """Embeds inputs, and writes the vectors to a file.

    Args:
        output: the file, which is replaced once all vectors are there.
        model, inputs, weights: as for `hubcore.embed`.
        append: add to what the file holds; inputs whose names are in it are not embedded again.
        **options: those of `hubcore.embed`.

    Returns:
        What the file holds.

    Raises:
        UnlikeError: with ``append``, the file's vectors were made differently.
        EmbeddingError: the file cannot be read or written, or no input could be embedded.
        HubError: as for `hubcore.embed`.
    """
    embedder = Embedder(model, weights, **options)
    old = EmbeddingFile.read(output) if append and Path(output).exists() else None
    if old is None:
        made = embedded(embedder, model, inputs, dtype=options.get("dtype", "float32"))
    else:
        made = extended(old, embedder, model, expand(inputs, embedder.task))
    made.write(output)
    return made


def extended(
    old: EmbeddingFile,
    embedder: Embedder,
    model: str,
    items: Sequence[Input | Failure],
    on_failure: Callable[[Failure], None] | None = None,
) -> EmbeddingFile:
    """What a file holds, and the vectors of those inputs whose names are not in it.

    Raises:
        UnlikeError: its vectors were made differently; nothing was embedded.
        EmbeddingError, InputError: as for `embedded`.
    """
    mine = origin_of(embedder, model, old.origin.shape, old.origin.dtype)
    old.origin.require_like(mine, "These embeddings cannot be added")
    known = set(old.inputs)
    fresh = [item for item in items if isinstance(item, Failure) or item.name not in known]
    if not fresh:
        return old
    return old.extended(embedded(embedder, model, fresh, on_failure, old.origin.dtype))


def embedded(
    embedder: Embedder,
    model: str,
    inputs: Any,
    on_failure: Callable[[Failure], None] | None = None,
    dtype: str = "float32",
) -> EmbeddingFile:
    """The vectors of inputs, and what they were made with.

    Args:
        embedder: the model.
        model: its name.
        inputs: see `hubcore.predict`.
        on_failure: called with each input that cannot be embedded; None: its error is raised.
        dtype: the number format that the model computes in.

    Raises:
        EmbeddingError: no input could be embedded.
        InputError: one could not, and ``on_failure`` is None.
    """
    names, vectors = [], []
    for result in embedder.stream(inputs):
        if isinstance(result, Failure):
            if on_failure is None:
                raise result.error
            on_failure(result)
            continue
        names.append(result.source.name)
        vectors.append(np.asarray(result.vector))  # type: ignore[attr-defined]  # an Embedding
    if not vectors:
        raise EmbeddingError("Nothing could be embedded, so no file is written.")
    shapes = sorted({vector.shape for vector in vectors})
    if len(shapes) > 1:
        raise EmbeddingError(
            f"Maps of different sizes do not fit in one file: {shapes[0]} and {shapes[-1]}. Leave "
            "out spatial, or embed images of one size."
        )
    origin = origin_of(embedder, model, shapes[0], dtype)
    return EmbeddingFile(origin, names, np.stack(vectors).reshape(len(vectors), -1))


def origin_of(
    embedder: Embedder, model: str, shape: tuple[int, ...], dtype: str = "float32"
) -> Origin:
    """What vectors of this shape are made with."""
    weights: Any = embedder.weights
    made_by = trace(weights)
    if is_exported(model):  # which says it itself
        name, (target, settings) = weights.model, weights.preprocessing
    else:
        prepared = preprocessing_of(weights.transforms)
        name, target, settings = find_model(model).canonical, prepared.target, prepared.settings
    return Origin(
        model=name,
        weights=made_by.name,
        sha256=made_by.sha256 or "",
        layer=embedder.layer,
        shape=shape,
        preprocessing={"name": target, **_plain(settings)},
        dtype=dtype,
    )


def embedder_for(origin: Origin, engine: str | None = None) -> Embedder:
    """What makes vectors that can be compared with those of this origin.

    Args:
        origin: what they were made with.
        engine: what is to run the model, as for `hubcore.embed`.

    Raises:
        HubError: its model or weights are not to be had here.
    """
    spatial = len(origin.shape) > 1
    layer = None if origin.layer.startswith(("input of ", "last map before ")) else origin.layer
    return Embedder(
        origin.model,
        origin.weights,
        layer=layer,
        spatial=spatial,
        dtype=origin.dtype,
        engine=engine,
    )


def _plain(settings: Any) -> dict[str, Any]:
    """Settings as JSON gives them back."""
    import json

    found: dict[str, Any] = json.loads(json.dumps(dict(settings), default=str))
    return found
