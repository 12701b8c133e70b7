"""Addresses of objects in buckets: ``s3://BUCKET/KEY``."""

from __future__ import annotations

import re
from typing import NamedTuple

from hubcore.errors import HubError

__all__ = ["SCHEMES", "BucketError", "Place", "place_of"]

SCHEMES = {"s3": "bucket", "gs": "bucket", "az": "container"}
"""What holds objects, by the scheme of its addresses."""

# Nothing that could end the host's part of a web address, or be a path of its own.
_BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9_.-]{1,221}")


class BucketError(HubError):
    """A bucket cannot be used: its address, the credentials, or what it answers."""


class Place(NamedTuple):
    """Where an object is.

    Attributes:
        scheme: ``s3``, ``gs`` or ``az``.
        bucket: the name of the bucket, or of the container.
        key: the object's key, as it stands in the address: nothing in it is percent-encoded. "" for
            the bucket itself.
    """

    scheme: str
    bucket: str
    key: str


def place_of(url: str) -> Place:
    """What an address means.

    Args:
        url: ``s3://BUCKET/KEY``, or the same with ``gs:`` or ``az:``.

    Raises:
        BucketError: it has another form.
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    parts = key.split("/") if key else []
    if (
        scheme.lower() not in SCHEMES
        or not _BUCKET.fullmatch(bucket)
        or any(part in ("", ".", "..") for part in parts)
    ):
        held = SCHEMES.get(scheme.lower(), "bucket").upper()
        # Without the address: a password may stand in what was meant as another one.
        raise BucketError(
            f"An address of this kind is {scheme.lower()}://{held}/PATH, without a user, a port or "
            "empty parts; this is another."
        )
    return Place(scheme.lower(), bucket, key)
