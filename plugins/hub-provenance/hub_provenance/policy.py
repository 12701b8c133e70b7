"""Verifies the signature of a catalogue that is read, where the ``trust`` setting asks for it."""

from __future__ import annotations

import json
from pathlib import Path

from packaging.version import InvalidVersion, Version

from hubcore import settings
from hubcore.catalogs.signed import SUFFIX
from hubcore.errors import SignatureError
from hubcore.packages.entry_points import normalise
from hubcore.store.ownership import is_ours_alone, write_private

from .signatures import Signed, verify

__all__ = ["accept_older", "check_newest", "check_subject", "signer"]


def signer(policy: settings.TrustPolicy, distribution: str, version: str, path: Path) -> str:
    """Who signed a catalogue.

    The version is noted, so that an older catalogue is refused from then on.

    Args:
        policy: which signers are accepted.
        distribution: the normalised name of the distribution that the catalogue is of.
        version: its version, or "" if unknown.
        path: the catalogue's file; its signature is beside it.

    Raises:
        SignatureError: no accepted signer signed the catalogue as it is, or it is an older one.
        CatalogError: the catalogue is not right.
        OSError: a file cannot be read.
    """
    signature = path.with_name(path.name + SUFFIX)
    signed = verify(path, signature, keys=policy.keys, certificates=policy.certificates)
    check_subject(signed, path, distribution, version)
    check_newest(signed, path, distribution)
    return signed.signer


def check_subject(signed: Signed, path: Path, distribution: str, version: str) -> None:
    """Checks that a signature is for this distribution in this version, as far as it says.

    Raises:
        SignatureError: it is for another.
    """
    if signed.distribution and normalise(signed.distribution) != distribution:
        raise SignatureError(
            f"{path} is signed as the catalogue of '{signed.distribution}', not of '{distribution}'"
        )
    if signed.version and version and _parsed(signed.version) != _parsed(version):
        raise SignatureError(
            f"{path} is signed for {distribution} {signed.version}, but {version} is installed"
        )


def check_newest(signed: Signed, path: Path, distribution: str) -> None:
    """Checks that no later version was verified here before, and notes this one.

    Raises:
        SignatureError: a later one was.
    """
    note = _note(distribution)
    latest = _latest(note)
    if latest is not None and (not signed.version or _parsed(signed.version) < latest):
        raise SignatureError(
            f"{path} is signed for {signed.version or 'no version'}, which is older than {latest}, "
            f"of which the signature was verified here before. If you want the older one: hub "
            f"verify --accept-older {distribution}"
        )
    if signed.version and note is not None and _parsed(signed.version) != latest:
        write_private(note, json.dumps({"version": signed.version}) + "\n")


def accept_older(distribution: str) -> None:
    """Forgets which version of a distribution was verified, so that an older one is accepted.

    Raises:
        OSError: the note cannot be removed.
    """
    note = _note(distribution)
    if note is not None:
        note.unlink(missing_ok=True)


def _note(distribution: str) -> Path | None:
    """The file with the latest version that was verified; None without a home directory."""
    folder = settings.catalogs_folder()
    return folder.with_name("signed") / f"{distribution}.json" if folder else None


def _latest(note: Path | None) -> Version | None:
    """The latest version that was verified here, or None."""
    if note is None or not note.exists():
        return None
    try:
        if not is_ours_alone(note, note.parent.parent):
            return None  # others may have written it
        return _parsed(str(json.loads(note.read_text("utf-8"))["version"]))
    except (OSError, ValueError, KeyError, TypeError, SignatureError):
        return None


def _parsed(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        raise SignatureError(f"'{version}' is not a version number") from None
