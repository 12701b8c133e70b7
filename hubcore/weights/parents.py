"""Weights as the parents of others, which were tuned or made from them."""

from __future__ import annotations

from ..catalogs.licenses import Parent
from .enums import WeightsEnum
from .licensing import evidence_for
from .traces import trace

__all__ = ["as_parent"]


def as_parent(weights: WeightsEnum) -> Parent:
    """Weights as the parent of those that were tuned from them: name, digest and terms.

    Where the full digest is not known, the published first digits of it stand for it.
    """
    name, digest = trace(weights)
    return Parent(name, digest or weights.value.file.digest, evidence_for(weights))
