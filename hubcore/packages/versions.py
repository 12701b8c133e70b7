"""The installed version of a distribution: one answer for all who ask."""

from __future__ import annotations

__all__ = ["installed_version"]


def installed_version(distribution: str) -> str | None:
    """The version of a distribution, or None if it is not installed. Imports nothing of it."""
    from importlib import metadata  # slow to import

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
