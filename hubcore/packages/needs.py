"""What an entry needs of other distributions, and what of it this environment lacks."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["lacking"]


def lacking(needs: Mapping[str, str]) -> str | None:
    """What the environment lacks, such as ``torchvision 0.21 or newer; 0.20.1 is installed``.

    Imports none of the distributions.

    Args:
        needs: the oldest version that serves, by the name of the distribution.

    Returns:
        The first that is absent or too old, with both versions; None if all are there.
    """
    from importlib import metadata  # slow to import

    from packaging.version import InvalidVersion, Version

    for name, oldest in needs.items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            return f"{name} {oldest} or newer, which is not installed"
        try:
            # A version built from source ("0.21.0a0+cpu") has what its release has.
            serves = Version(installed).release >= Version(oldest).release
        except InvalidVersion:
            continue  # such a version cannot be compared
        if not serves:
            return f"{name} {oldest} or newer; {installed} is installed"
    return None
