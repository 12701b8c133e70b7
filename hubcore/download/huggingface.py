"""Addresses on Hugging Face's hub: ``hf://ORG/NAME/path/in/it@REVISION``.

Files are fetched by plain https, as all are. What one is held to is the SHA-256 that its repository
states for the revision: that of Git LFS, by which large files are kept there. It is asked for
before the first download, of the hub alone and never of a mirror, and pinned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from .. import settings
from ..digests import is_digest
from ..errors import DownloadError, MissingDigestError
from .addresses import place_of, redact, scheme
from .documents import read_pages

__all__ = ["Stated", "is_fixed", "stated", "web_address"]

_LARGEST = 16 * 2**20  # bytes of a page, of at most a thousand files with some 300 each


class Stated(NamedTuple):
    """What a repository states of a file: its SHA-256, in 64 hex digits, and its size in bytes."""

    sha256: str
    size: int | None


def is_fixed(url: str) -> bool:
    """Whether an ``hf:`` address names a commit, so that it always means the same file."""
    return re.fullmatch("[0-9a-f]{40}", place_of(url).revision) is not None


def web_address(url: str) -> str:
    """The address by which a file is fetched: of an ``hf:`` address its https one, else the same.

    Raises:
        UnsafeAddressError: the address has another form.
    """
    if scheme(url) != "hf":
        return url
    place = place_of(url)
    revision = quote(place.revision, safe="")
    return f"{settings.hf_endpoint()}/{place.repository}/resolve/{revision}/{quote(place.path)}"


def stated(url: str) -> Stated:
    """Asks the hub what a repository states of a file.

    Args:
        url: an ``hf:`` address.

    Raises:
        OfflineError: ``HUBCORE_OFFLINE`` is set.
        DownloadError: the hub does not answer, or has no such file.
        MissingDigestError: it states no SHA-256: the file is not kept with Git LFS.
        UnsafeAddressError: the address has another form.
    """
    place = place_of(url)
    folder = quote(place.path.rpartition("/")[0])
    revision = quote(place.revision, safe="")
    asked = f"{settings.hf_endpoint()}/api/models/{place.repository}/tree/{revision}/{folder}"
    try:
        found = next((file for file in _files(asked) if file.get("path") == place.path), None)
    except DownloadError as error:
        if "HTTP 404" not in str(error):
            raise
        raise DownloadError(
            f"There is no repository {place.repository}, or nothing at {place.revision} in it "
            f"({error})"
        ) from error
    if found is None:
        raise DownloadError(
            f"The repository {place.repository} has no file {place.path} at {place.revision}"
        )
    large = found.get("lfs")
    large = large if isinstance(large, dict) else {}
    digest = large.get("oid")
    if not (isinstance(digest, str) and is_digest(digest)):
        raise MissingDigestError(
            f"Cannot verify {redact(url)}: its repository states no SHA-256 for it, as it is not "
            "kept with Git LFS. Give the digest that you trust: hub cache pin NAME DIGEST"
        )
    size = large.get("size")
    return Stated(digest, size if type(size) is int and size > 0 else None)


def _files(folder: str) -> Iterator[dict[str, Any]]:
    """What the hub lists of a folder."""
    for page in read_pages(folder.rstrip("/"), _LARGEST):
        try:
            listed = json.loads(page)
        except (ValueError, RecursionError):
            raise DownloadError(f"{redact(folder)} did not answer with a list of files") from None
        for file in listed if isinstance(listed, list) else []:
            if isinstance(file, dict):
                yield file
