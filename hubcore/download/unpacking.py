"""Bodies that were compressed on the way, though nobody asked for it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .faults import PermanentError, TemporaryError
from .http import read_some

if TYPE_CHECKING:
    import requests

__all__ = ["GzipReader", "check_encoding"]

_GZIP = 16 + zlib.MAX_WBITS
_MOST = 256 * 1024  # bytes at a time: a kilobyte can become a megabyte


def check_encoding(response: requests.Response) -> None:
    """Accepts gzip, once: twice encoded, a kilobyte can be a gigabyte.

    Raises:
        PermanentError: the body is encoded in another way.
    """
    if response.headers["Content-Encoding"].strip().lower() not in {"gzip", "x-gzip"}:
        raise PermanentError("it sends the file in an encoding that was not asked for")


class GzipReader:
    """Reads a body with ``Content-Encoding: gzip``, and knows when it was cut short.

    urllib3 does not tell: without a stated length, its end is that of the connection.

    Args:
        response: a response of `open_url`.
    """

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._member = zlib.decompressobj(_GZIP)
        self._packed = b""

    def read(self) -> bytes:
        """The next bytes; empty at the end of the body.

        Raises:
            TemporaryError: the connection broke or stalled, or the body is not gzip, or ends early.
        """
        while True:
            if not self._packed:
                self._packed = read_some(self._response)
            if self._member.eof:
                if not self._packed:
                    return b""
                self._member = zlib.decompressobj(_GZIP)  # gzip files can be joined
            elif not self._packed:
                raise TemporaryError("the connection was closed before the end of the gzip data")
            try:
                some = self._member.decompress(self._packed, _MOST)
            except zlib.error as error:
                reason = "the body does not match its Content-Encoding header"
                raise TemporaryError(reason) from error
            self._packed = self._member.unconsumed_tail or self._member.unused_data
            if some:
                return some
