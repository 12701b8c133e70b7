"""Evaluations on a Ray cluster: ``hub evaluate ... --executor ray --processes N``."""

from __future__ import annotations

from .errors import RayError

__all__ = ["RayError"]
