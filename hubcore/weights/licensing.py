"""What is stated of the licences of weights as objects, be they in a catalogue or not."""

from __future__ import annotations

import contextlib
from typing import Any

from ..catalogs.licenses import Evidence, evidence_of, evidence_of_license
from ..catalogs.names import find_weights
from ..errors import UnknownNameError

__all__ = ["evidence_for"]


def evidence_for(weights: Any) -> Evidence:
    """What is stated of weights.

    Args:
        weights: a member of an enum, or any `WeightsLike`. What no catalogue has may say it with an
            attribute ``evidence``; otherwise its ``license``, or that of its meta-data, counts.
    """
    enum = getattr(type(weights), "__hub_name__", None)
    if enum is not None:
        with contextlib.suppress(UnknownNameError, KeyError):  # the enum outlived its package
            entry = find_weights(enum)
            return evidence_of(entry.catalog, entry.members[weights.name])
    stated = getattr(weights, "evidence", None)
    if isinstance(stated, Evidence):
        return stated
    value = getattr(weights, "value", weights)
    license = getattr(value, "license", None) or value.meta.get("license")
    return evidence_of_license(str(license or "unknown"), f"{weights!r}")
