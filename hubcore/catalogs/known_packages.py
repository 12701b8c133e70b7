"""The hub's own packages: the built-in families, and what each package offers.

With it, a look-up that finds nothing can say which package to install.
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
"""The distributions of the built-in families, whose bare names take precedence."""

_FILE = Path(__file__).parent / "known_packages.json"


def known_packages() -> dict[str, dict[str, list[str]]]:
    """What each of the hub's own packages offers, whether or not it is installed.

    Returns:
        For each distribution's name, the lower-case names that it offers by their kind: ``model``,
        ``weights``, ``command``, ``engine`` or ``executor``.
    """
    try:
        packages: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text("utf-8"))
    except OSError:
        return {}
    return packages
