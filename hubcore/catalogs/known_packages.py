"""The hub's own packages: the families whose bare names win, and what each package offers.

So a look-up can say which package to install for a name that nothing here has.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["BUILT_IN", "known_packages"]

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
"""The distributions of the built-in families."""

_FILE = Path(__file__).parent / "known_packages.json"


def known_packages() -> dict[str, dict[str, list[str]]]:
    """What each package offers, installed or not, by its distribution's name.

    Returns:
        For each distribution lower-case names by their kind: ``model``, ``weights``, ``command``.
    """
    try:
        packages: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text("utf-8"))
    except OSError:
        return {}
    return packages
