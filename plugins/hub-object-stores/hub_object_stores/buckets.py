"""Opens a bucket with the user's own credentials, and tells where its objects are on the web.

Each cloud has a module, which finds credentials where that cloud's own tools keep them.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote

from hubcore.packages.schemes import WebAddress

from .addresses import BucketError, place_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = [
    "OPTIONS",
    "SIGNED_FOR",
    "Bucket",
    "Signer",
    "open_bucket",
    "signed",
    "unsigned",
    "web_address",
]

SIGNED_FOR = timedelta(hours=1)
# What the variables of each cloud's tools begin with.
_PREFIXES = {
    "s3": ("AWS_",),
    "gs": ("GOOGLE_", "STORAGE_EMULATOR", "CLOUDSDK_", "GCE_"),
    "az": ("AZURE_", "IDENTITY_", "MSI_"),
}

# For uploads; downloads are the hub's own, with its settings.
OPTIONS: dict[str, Any] = {
    "retry_config": {"max_retries": 4, "retry_timeout": timedelta(seconds=60)},
}


class Signer(Protocol):
    """Tells where the object with a key is on the web."""

    def __call__(self, key: str, advice: str, /) -> WebAddress: ...


class Bucket(NamedTuple):
    """A bucket that is open.

    Attributes:
        address: ``s3://BUCKET``.
        store: reads and writes its objects.
        signer: tells where an object is on the web.
        identity: whose credentials are used, in words, such as ``the profile 'research'``; "" for
            nobody's.
        remedy: what to do for want of credentials, or if others are needed.
    """

    address: str
    store: ObjectStore
    signer: Signer
    identity: str
    remedy: str

    def web_address(self, key: str) -> WebAddress:
        """Where an object is on the web.

        Raises:
            BucketError: the credentials cannot be used.
        """
        return self.signer(key, self.advice)

    @property
    def advice(self) -> str:
        """What to do where the bucket refuses."""
        who = f"as {self.identity}" if self.identity else "without credentials, as none were found"
        return f"asked {who}; {self.remedy}"


def web_address(url: str) -> WebAddress:
    """Where an object is on the web, signed for an hour where there are credentials.

    Args:
        url: an ``s3:``, ``gs:`` or ``az:`` address.

    Raises:
        BucketError: the address is malformed, or the credentials cannot be used.
    """
    place = place_of(url)
    return open_bucket(place.scheme, place.bucket).web_address(place.key)


_open: dict[object, Bucket] = {}


def open_bucket(scheme: str, name: str) -> Bucket:
    """Opens a bucket.

    Args:
        scheme: ``s3``, ``gs`` or ``az``.
        name: of the bucket, or of the container.

    Raises:
        BucketError: the credentials cannot be read.
    """
    # A program may set other credentials at any time. That there are none is not remembered.
    prefixes = (*_PREFIXES[scheme], "HOME")
    variables = tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith(prefixes)))
    key = scheme, name, variables
    bucket = _open.get(key)
    if bucket is None:
        bucket = import_module(f"{__package__}.{scheme}").open_bucket(name)
        if bucket.identity:
            _open[key] = bucket
    return bucket


def signed(store: Any, key: str, advice: str, address: str) -> WebAddress:
    """Where an object is on the web, signed with the credentials of its store.

    Raises:
        BucketError: the credentials cannot be used.
    """
    import obstore

    url = ""
    with contextlib.suppress(Exception):  # whose texts may hold what is secret
        url = obstore.sign(store, "GET", key, SIGNED_FOR)
    if not url:
        raise BucketError(f"The address of an object in {address} cannot be signed ({advice})")
    return WebAddress(url, advice=advice)


def unsigned(endpoint: str, key: str, advice: str) -> WebAddress:
    """Where an object is on the web for everybody.

    Args:
        endpoint: the bucket's own address on the web.
        key: the object's key.
        advice: what to do where the bucket refuses.
    """
    return WebAddress(f"{endpoint.rstrip('/')}/{quote(key, safe='/~')}", advice=advice)
