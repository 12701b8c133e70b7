"""What can be wrong with an embedding besides its inputs."""

from __future__ import annotations

from ..errors import HubError

__all__ = ["EmbeddingError"]


class EmbeddingError(HubError, ValueError):
    """A model has no such layer, or none of which a vector or a map can be made."""
