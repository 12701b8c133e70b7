"""Reads a document of the web into memory, such as an index of packages: small, and not kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .. import settings
from ..errors import DownloadError
from .addresses import check_address, is_secure, redact
from .cancellation import Cancel
from .faults import AttemptError, PermanentError, TemporaryError
from .http import is_encoded, new_session, open_url, read_some, stated_length
from .unpacking import GzipReader, check_encoding

__all__ = ["read_document", "read_pages"]

_LONGEST = 120.0  # seconds for one attempt, whatever trickles in
_PAUSE = 0.5  # seconds after the first attempt that failed; then twice as long each time
_MOST_PAGES = 100
_NEXT = re.compile(r'<([^<>]*)>[^,<]*;\s*rel="?next"?', re.IGNORECASE)


class _Page(NamedTuple):
    content: bytes
    next: str  # the address of the next page, "" if there is none


def read_document(url: str, limit: int) -> bytes:
    """Reads a document.

    Args:
        url: an ``https:`` address; plain ``http:`` only of this machine, as anybody between could
            change what it says.
        limit: the most bytes that it may have.

    Raises:
        UnsafeAddressError: the address is malformed.
        OfflineError: ``HUBCORE_OFFLINE`` is set.
        DownloadError: it cannot be read, or has more bytes.
    """
    return _page(url, limit).content


def read_pages(url: str, limit: int) -> Iterator[bytes]:
    """Reads a document that comes in pages, each of which names the next in its ``Link`` header.

    Args:
        url, limit: as for `read_document`; ``limit`` is that of one page.

    Raises:
        UnsafeAddressError, OfflineError, DownloadError: as `read_document`; also where a page names
            one of another host, or there is no end of them.
    """
    read: set[str] = set()
    while len(read) < _MOST_PAGES and url not in read:
        page = _page(url, limit)
        yield page.content
        if not page.next:
            return
        read.add(url)
        try:
            following = urljoin(url, page.next)
            is_here = urlsplit(following)[:2] == urlsplit(url)[:2]
        except ValueError:
            is_here = False
        if not is_here:
            raise DownloadError(f"{redact(url)} continues at another host: {redact(page.next)}")
        url = following
    raise DownloadError(f"The pages of {redact(url)} do not end")


def _page(url: str, limit: int) -> _Page:
    check_address(url)
    if not is_secure(url):
        raise DownloadError(f"{redact(url)} is not read: it is plain http. Write https.")
    session, failures = new_session(1), 0
    try:
        while True:
            try:
                return _read(session, url, limit)
            except TemporaryError as fault:
                failures += 1
                if failures >= settings.retries():
                    raise
                time.sleep(min(fault.retry_after or 0.0, 30.0) or _PAUSE * 2 ** (failures - 1))
    except AttemptError as fault:
        reason = str(fault)
    finally:
        session.close()
    # Not in the handler: the libraries' errors contain the whole address.
    raise DownloadError(f"Cannot read {redact(url)}: {reason}", [(redact(url), reason)])


def _read(session: object, url: str, limit: int) -> _Page:
    end = time.monotonic() + _LONGEST
    cancel = Cancel()
    with cancel.closing(open_url(session, url, {}, cancel)) as response:  # type: ignore[arg-type]  # a session of either kind
        if response.status_code != 200:
            raise PermanentError("the server did not send all of it")
        length = stated_length(response)
        too_large = PermanentError(f"it is larger than {limit // 1024**2} MiB")
        if length is not None and length > limit:
            raise too_large
        content = bytearray()
        if encoded := is_encoded(response):
            check_encoding(response)
        read = GzipReader(response).read if encoded else partial(read_some, response)
        while some := read():
            content += some
            if len(content) > limit:
                raise too_large
            if time.monotonic() > end:
                raise PermanentError(f"it did not arrive whole within {_LONGEST:g} seconds")
        if length is not None and not encoded and len(content) != length:
            raise TemporaryError("the connection was closed before the end")
        following = _NEXT.search(response.headers.get("Link") or "")
        return _Page(bytes(content), following[1] if following else "")
