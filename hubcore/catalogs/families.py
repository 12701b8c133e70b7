"""The built-in families: the distributions whose bare names win, and what each of them offers."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["BUILT_IN", "offered_by_families"]

BUILT_IN = frozenset(
    f"hub-{family}"
    for family in (
        "classification",
        "detection",
        "segmentation",
        "quantization",
        "video",
        "optical-flow",
    )
)
"""The distributions whose bare names win."""

_FILE = Path(__file__).parent / "families.json"


def offered_by_families() -> dict[str, dict[str, list[str]]]:
    """What each family offers, installed or not: lower-case names by kind, by distribution.

    So a look-up can say which family to install. Kinds are ``model``, ``weights`` and ``command``.
    """
    try:
        families: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text("utf-8"))
    except OSError:
        return {}
    return families
