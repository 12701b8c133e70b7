"""Files of embeddings: made by any model of the hub, compared only with their like::

    from hub_embed import EmbeddingFile, embed_to_file

    made = embed_to_file("features.parquet", "mobilenet_v2", "photos/")
    made.nearest(made.vectors[0], count=5)      # [(row, cosine), ...]

The commands are ``hub embed`` and ``hub similar``. The vectors themselves: `hubcore.embed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .making import embed_to_file
    from .table import EmbeddingFile, Origin, UnlikeError

__all__ = ["EmbeddingFile", "Origin", "UnlikeError", "embed_to_file"]

__version__ = "0.1.0"

_HOMES = {
    "EmbeddingFile": "table",
    "Origin": "table",
    "UnlikeError": "table",
    "embed_to_file": "making",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:  # imported when it is asked for: the commands' help needs no torch
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
