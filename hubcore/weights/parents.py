"""Weights as the parents of others, which were tuned or made from them."""

from __future__ import annotations

import contextlib

from ..catalogs.licenses import Parent
from ..errors import SettingsError
from .enums import WeightsEnum, canonical_name
from .licensing import evidence_for

__all__ = ["as_parent"]


def as_parent(weights: WeightsEnum) -> Parent:
    """Weights as the parent of those that were tuned from them: name, digest and terms."""
    from ..store import default_store

    file = weights.value.file
    digest = file.digest
    with contextlib.suppress(SettingsError, OSError):  # no home directory
        digest = default_store().known_digest(file) or digest
    return Parent(canonical_name(weights), digest, evidence_for(weights))
