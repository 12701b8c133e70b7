"""Whether the installed Python, torch and torchvision are tried and fit each other."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

__all__ = ["NEWEST", "OLDEST", "judge"]

OLDEST = {"Python": "3.10", "torch": "2.5.1", "torchvision": "0.20.1"}
NEWEST = {"Python": "3.13", "torch": "2.15.0", "torchvision": "0.29.2"}
"""The oldest and the newest versions that are tried, together: scripts/test_versions.py does it."""
_INSTALL = "pip install --upgrade torch torchvision"


def judge() -> Iterator[tuple[str, str, str]]:
    """Yields (state, subject, text) for each; the state is ok, note or problem. Imports none."""
    yield _judged("Python", platform.python_version(), "install a newer Python")
    for package in ("torch", "torchvision"):
        version = _version(package)
        if version is None:
            yield "note", package, _MISSING
        else:
            yield _judged(package, version, _INSTALL)
    pillow = _version("pillow")
    yield ("note", "pillow", _MISSING) if pillow is None else ("ok", "pillow", pillow)
    yield from _fit()


_MISSING = (
    "not installed: models cannot be built, but listing and downloading work. To build models: "
    "pip install torch torchvision pillow"
)


def _judged(subject: str, text: str, remedy: str) -> tuple[str, str, str]:
    oldest, newest = Version(OLDEST[subject]), Version(NEWEST[subject])
    try:
        release = Version(text).release
    except InvalidVersion:
        return "note", subject, f"{text}, whose version cannot be compared with those tried"
    if release < oldest.release:
        return "problem", subject, f"{text} is older than {oldest}, the oldest tried: {remedy}"
    if release[:2] > newest.release[:2]:  # a patch release changes nothing that matters here
        return "note", subject, f"{text} is newer than {newest}, the newest tried"
    return "ok", subject, text


def _fit() -> Iterator[tuple[str, str, str]]:
    """Whether torch is one that torchvision asks for; a wrong pair fails when it is imported."""
    torch, torchvision = _version("torch"), _version("torchvision")
    if torchvision is None:
        return
    for text in metadata.requires("torchvision") or ():
        try:
            wanted = Requirement(text)
            if wanted.name != "torch" or (wanted.marker and not wanted.marker.evaluate()):
                continue
            # The local part ("+cpu") says how it was built.
            fits = torch is not None and wanted.specifier.contains(
                Version(torch).public, prereleases=True
            )
        except (InvalidRequirement, InvalidVersion):
            continue
        if not fits:
            yield (
                "problem",
                "torch and torchvision",
                f"torchvision {torchvision} needs torch{wanted.specifier}, but "
                f"{f'torch {torch}' if torch else 'no torch'} is installed: {_INSTALL}",
            )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
