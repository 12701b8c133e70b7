"""What can go wrong between a URL and a verified file on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .errors import HubError

__all__ = [
    "ChangedUpstreamError",
    "DigestMismatchError",
    "DownloadError",
    "MissingDigestError",
    "NotEnoughSpaceError",
    "OfflineError",
    "SettingsError",
    "StoreError",
    "UnsafeAddressError",
]


class SettingsError(HubError, ValueError):
    """An environment variable or the configuration file holds a value that makes no sense."""


class StoreError(HubError, OSError):
    """The store's folder cannot be used for this: read-only, or not a folder."""


class NotEnoughSpaceError(StoreError):
    """The file does not fit on the store's disk, or into its quota.

    Attributes:
        needed: bytes still to be written, or None where the server did not tell.
        free: bytes that are free, or None where a quota struck.
    """

    def __init__(self, message: str, *, needed: int | None, free: int | None) -> None:
        super().__init__(message)
        self.needed = needed
        self.free = free


class UnsafeAddressError(HubError, ValueError):
    """An address that the hub will not open: its scheme, its path, or where it leads."""


class MissingDigestError(HubError, ValueError):
    """A check was asked for, and there is no digest to check against."""


class DownloadError(HubError):
    """No address served the file.

    Attributes:
        attempts: (address without secrets, what went wrong there), in the order tried.
    """

    def __init__(self, message: str, attempts: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.attempts = tuple(attempts)


class OfflineError(DownloadError):
    """The file is not here, and ``HUBCORE_OFFLINE`` forbids fetching it."""


class DigestMismatchError(DownloadError, RuntimeError):
    """The bytes are not those that were promised; nothing was kept.

    A `RuntimeError` too, as it is for ``torch.hub``.

    Attributes:
        source: where the bytes came from (an address without secrets, or a path).
        expected: the digest asked for, or the beginning of it.
        actual: the digest of what arrived.
    """

    def __init__(self, source: str | Path, expected: str, actual: str, advice: str = "") -> None:
        message = (
            f"Wrong SHA-256 for {source}: expected {expected}"
            f"{'...' if len(expected) < 64 else ''}, got {actual}. Nothing was kept."
        )
        super().__init__(f"{message} {advice}" if advice else message)
        self.source = str(source)
        self.expected = expected
        self.actual = actual


class ChangedUpstreamError(DigestMismatchError):
    """The file at this address is no longer the one that was first fetched and trusted."""
