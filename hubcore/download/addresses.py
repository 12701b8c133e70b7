"""Addresses of files: which are allowed, what their file names say, and how to print them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import UnsafeAddressError
from ..packages.schemes import is_known

__all__ = [
    "Place",
    "check_address",
    "digest_in_name",
    "file_name",
    "identity",
    "is_secure",
    "place_of",
    "redact",
    "redacted",
    "scheme",
]

_REPOSITORY = re.compile(
    r"hf://(?P<repository>[\w.-]+/[\w.-]+)/(?P<path>[^@?#]+)(?:@(?P<revision>[\w./-]+))?",
    re.ASCII | re.IGNORECASE,
)
# The digest that publishers put before the extension: resnet50-11ad3fa6.pth, dino_8e4d3ab1.pth.
_DIGEST = re.compile(r"[-_]([0-9a-f]{8,64})\.")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MD5_OR_SHA1 = (32, 40)
# Which an own distribution fetches, hub-object-stores.
_BUCKETS = {"s3", "gs", "az"}
# Spaces and control characters could split a request or forge a line in a log.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")


def scheme(url: str) -> str:
    """The part of an address before the first colon, in lower case."""
    return url.partition(":")[0].lower()


class Place(NamedTuple):
    """A file in a repository of Hugging Face's hub.

    Attributes:
        repository: ``org/name``.
        path: the file's path in it.
        revision: a commit, a branch or a tag.
    """

    repository: str
    path: str
    revision: str


def place_of(url: str) -> Place:
    """The file that an ``hf:`` address means.

    Raises:
        UnsafeAddressError: the address has another form.
    """
    found = _REPOSITORY.fullmatch(url)
    parts = [] if found is None else [*found["path"].split("/"), *found["repository"].split("/")]
    parts += (found["revision"] or "main").split("/") if found is not None else []
    if found is None or any(part in ("", ".", "..") for part in parts):
        raise UnsafeAddressError(
            f"Refused {redact(url)}: an address on Hugging Face's hub is "
            "hf://ORG/NAME/path/in/it@REVISION."
        )
    return Place(found["repository"], found["path"], found["revision"] or "main")


def check_address(
    url: str, *, allow_file: bool = False, other_schemes: Callable[[], bool] = lambda: False
) -> None:
    """Raises an error for an address that the hub does not open.

    Args:
        url: the address as the catalogue gives it.
        allow_file: whether ``file:`` is allowed: only if a user, not a package, wrote the address.
        other_schemes: tells whether hooks may know schemes that no package names; called only if
            needed.

    Raises:
        UnsafeAddressError: the scheme is not allowed, the address is malformed, or it contains
            spaces or control characters.
    """
    kind = scheme(url)
    if _FORBIDDEN.search(url):
        raise UnsafeAddressError(
            f"Refused {redact(url)!r}: it contains spaces or control characters."
        )
    if kind == "file" and not allow_file:
        raise UnsafeAddressError(
            f"Refused {redact(url)}: a catalogue may not read local files. "
            "Import the file yourself: hub cache import FILE"
        )
    if kind == "hf":
        place_of(url)
        return
    if (
        kind not in {"http", "https", "package", "file"}
        and not is_known(kind)
        and not other_schemes()
    ):
        close = difflib.get_close_matches(kind, ("https", "http", "package", "hf"), n=1)
        raise UnsafeAddressError(
            f"Refused {redact(url)}: no way to fetch '{kind}:' addresses, only https:, http:, hf: "
            "and package:. A package may add others."
            + (" The distribution hub-object-stores does." if kind in _BUCKETS else "")
            + (f" Did you mean '{close[0]}:'?" if close else "")
        )
    if kind in {"http", "https"}:
        host, fault = None, ""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:  # whose text may contain the password
            fault = "its host or port is malformed"
        if fault:
            raise UnsafeAddressError(f"Refused {redact(url)!r}: {fault}.")
        if not host:
            raise UnsafeAddressError(f"Refused {redact(url)!r}: it contains no host name.")


def is_secure(url: str) -> bool:
    """Whether nobody between this machine and the address can change what it serves.

    True for https, for this machine itself, and for schemes that are not of the web.
    """
    if scheme(url) != "http":
        return True
    try:
        from ipaddress import ip_address

        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def file_name(url: str) -> str:
    """The file name at the end of an address, or "" if there is none that is safe to use."""
    path = url.partition(":")[2] if scheme(url) == "package" else _path(url)
    if scheme(url) == "hf":  # a revision may have slashes
        path = path.partition("@")[0]
    name = unquote(path.rpartition("/")[2])
    if name in {"", ".", ".."} or any(character in name for character in "/\\\0"):
        return ""
    return name


def digest_in_name(url: str) -> str | None:
    """The SHA-256, or the prefix of it, that an address's file name contains.

    Dates (``_20210831``) and strings as long as an MD5 or SHA-1 do not count.

    Returns:
        8 to 64 lower-case hexadecimal digits, or None if the name contains no digest.
    """
    found = [
        text
        for text in _DIGEST.findall(file_name(url))
        if not _DATE.fullmatch(text) and len(text) not in _MD5_OR_SHA1
    ]
    return found[-1] if found else None


def redact(url: str) -> str:
    """The address without what may be secret: no user, password or fragment, and ``...`` as query.

    For messages, logs and records.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        _ = parts.port  # a ValueError if a password with a slash in it is taken for the port
    except ValueError:
        return re.sub(r"//[^?]*@", "//", url).partition("?")[0]
    query = "..." if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def redacted(url: str) -> bool:
    """Whether `redact` left out the query of this address, so that it cannot be fetched."""
    return url.endswith("?...")


def identity(url: str) -> str:
    """The address without user, password and fragment, by which a file is recognised."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
