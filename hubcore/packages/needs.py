"""What an entry needs of other distributions, and what of it this environment lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["absent", "lacking"]


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


def absent(requires: Iterable[str]) -> str | None:
    """The first requirement that is not met, such as ``kornia>=0.7; 0.6 is installed``, or None.

    Imports none of the distributions.

    Args:
        requires: requirements as pip takes them, such as ``kornia>=0.7``. What is for another
            environment by its marker is left out.
    """
    from importlib import metadata  # slow to import

    from packaging.requirements import InvalidRequirement, Requirement

    for text in requires:
        try:
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            installed = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            return f"{text}, which is not installed"
        except InvalidRequirement:
            continue  # a catalogue's checks report it
        if not wanted.specifier.contains(installed, prereleases=True):
            return f"{text}; {installed} is installed"
    return None
