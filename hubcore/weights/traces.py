"""What results name weights by: their canonical name and the SHA-256 of their file."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from ..digests import is_digest
from ..download.remote import digest_of_all
from ..errors import HubError
from ..protocols import WeightsLike
from .enums import WeightsEnum, canonical_name

__all__ = ["Trace", "first_digest", "trace"]


class Trace(NamedTuple):
    """Which weights something was made with.

    Attributes:
        name: their canonical name; the text of the object if they are in no enum.
        sha256: the SHA-256 of their file, as 64 hex digits, or None if it is not known. Of several
            files it is that of what ``sha256sum`` prints of them (`digest_of_all`).
    """

    name: str
    sha256: str | None

    def __str__(self) -> str:
        return f"{self.name} sha256:{self.sha256}" if self.sha256 else self.name


def trace(weights: WeightsLike) -> Trace:
    """The name and the digest of weights: what the catalogue, the lock or a pin says of the file.

    Args:
        weights: a member of an enum; an object with a `Trace` of its own, ``hub_trace``; of any
            other object only its text is known.
    """
    own = getattr(weights, "hub_trace", None)
    if isinstance(own, Trace):
        return own
    if not isinstance(weights, WeightsEnum):
        return Trace(repr(weights), None)
    digest, further = first_digest(weights), weights.value.files[1:]
    if digest and further:
        digest = digest_of_all((weights.value.file._replace(sha256=digest), *further))
    return Trace(canonical_name(weights), digest)


def first_digest(weights: WeightsEnum) -> str | None:
    """The SHA-256 of the (first) file, as catalogue, lock or pin say; None if unknown."""
    from ..store import default_store

    digest = ""
    with contextlib.suppress(HubError, OSError):  # no home directory, or another lock by now
        from .lockfile import locked_file

        file = locked_file(canonical_name(weights), weights.value)
        digest = default_store().known_digest(file)
    return digest if is_digest(digest) else None
