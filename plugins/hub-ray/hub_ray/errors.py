"""The error of this package."""

from __future__ import annotations

from hubcore.errors import HubError

__all__ = ["RayError"]


class RayError(HubError):
    """There is no such cluster, or it is too small."""
