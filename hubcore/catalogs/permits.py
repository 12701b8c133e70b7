"""What the store asks before it gives out a file of weights: whether the user's rules allow them.

It stands apart from the gate, so that finding weights imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import settings
from .catalog import Catalog

__all__ = ["Permit"]


class Permit:
    """The rules applied to weights of a catalogue: called, it raises if they are refused.

    Args:
        catalog: the catalogue.
        name: the weights' canonical name.
        member: their JSON object.
    """

    __slots__ = ("_catalog", "_member", "_name")

    def __init__(self, catalog: Catalog, name: str, member: Mapping[str, Any]) -> None:
        self._catalog = catalog
        self._name = name
        self._member = member

    def __call__(self) -> None:
        """Raises `LicenseError` if the rules refuse the weights."""
        if settings.licenses() is not None:
            from . import gate, licenses

            evidence = licenses.evidence_of(self._catalog, self._member)
            gate.require_allowed(self._name, evidence)
