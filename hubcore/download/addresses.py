"""Addresses of files: which are allowed, what their names tell, and how to print them."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import UnsafeAddressError

__all__ = ["check_address", "digest_in_name", "file_name", "identity", "redact", "scheme"]

# The hash that publishers put before the extension: resnet50-11ad3fa6.pth, dino_8e4d3ab1.pth.
_DIGEST = re.compile(r"[-_]([0-9a-f]{8,64})\.")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MD5_OR_SHA1 = (32, 40)
# Control characters and spaces could split a request or forge a line of a log.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")


def scheme(url: str) -> str:
    """The part before the colon, in lower case."""
    return url.partition(":")[0].lower()


def check_address(
    url: str, *, allow_file: bool = False, other_schemes: Callable[[], bool] = lambda: False
) -> None:
    """Refuses an address that the hub does not open.

    Args:
        url: the address as a catalogue gives it.
        allow_file: whether ``file:`` is allowed: only where a user, not a package, wrote it.
        other_schemes: whether hook plugins may know other schemes; called only if need be.

    Raises:
        UnsafeAddressError: always with the reason.
    """
    kind = scheme(url)
    if _FORBIDDEN.search(url):
        raise UnsafeAddressError(f"Refused {redact(url)!r}: it holds spaces or control characters.")
    if kind == "file" and not allow_file:
        raise UnsafeAddressError(
            f"Refused {redact(url)}: a catalogue may not read local files. "
            "Import the file yourself: hub cache import FILE"
        )
    if kind not in {"http", "https", "package", "file"} and not other_schemes():
        raise UnsafeAddressError(
            f"Refused {redact(url)}: no way to fetch '{kind}:' addresses (https:, http:, package:)."
        )
    if kind in {"http", "https"}:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise UnsafeAddressError(f"Refused {redact(url)!r}: {error}.") from None
        if not host:
            raise UnsafeAddressError(f"Refused {redact(url)!r}: it names no host.")


def file_name(url: str) -> str:
    """The file's own name, or '' where the address ends in none that is safe to use as one."""
    path = url.partition(":")[2] if scheme(url) == "package" else _path(url)
    name = unquote(path.rpartition("/")[2])
    if name in {"", ".", ".."} or any(character in name for character in "/\\\0"):
        return ""
    return name


def digest_in_name(url: str) -> str | None:
    """The SHA-256 prefix that the file's name carries, if it does.

    Dates (``_20210831``) and hexadecimal strings as long as an MD5 or SHA-1 are not taken for one.
    """
    found = [
        text
        for text in _DIGEST.findall(file_name(url))
        if not _DATE.fullmatch(text) and len(text) not in _MD5_OR_SHA1
    ]
    return found[-1] if found else None


def redact(url: str) -> str:
    """The address as it may be printed: no user, password, query or fragment."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return re.sub(r"//[^/]*@", "//", url).partition("?")[0]
    query = "..." if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def identity(url: str) -> str:
    """The address without user, password and fragment: what a file is known by."""
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
