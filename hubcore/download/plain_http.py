"""HTTP with the standard library alone, for a machine where nothing but torch is installed.

`torch.hub` loads models from a bare clone, which brings no packages along. There this stands in for
requests: it has what `http` uses of a session and of a response, and no more. It opens a connection
for each request, and reads no ``~/.netrc``. Proxies are those of the environment.
"""

from __future__ import annotations

import base64
import socket
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .connections import plain_handlers

__all__ = ["PlainResponse", "PlainSession"]

_REDIRECTS = {301, 302, 303, 307, 308}


class PlainSession:
    """Sends requests.

    Attributes:
        headers: sent with each request.
    """

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self._opener = build_opener(_NoRedirects, *plain_handlers())

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        timeout: tuple[float, float],
        **_: Any,
    ) -> PlainResponse:
        """Sends a request, without following redirects.

        Args:
            method: ``GET`` or ``HEAD``.
            url: an ``http:`` or ``https:`` address.
            headers: the request's own headers.
            timeout: seconds to wait for the connection and for each piece of data.

        Raises:
            OSError: there is no answer; a `urllib.error.URLError`, whose ``reason`` says why.
            http.client.HTTPException: the answer is not HTTP.
            ValueError: the address is invalid.
        """
        parts = urlsplit(url)
        user, at, host = parts.netloc.rpartition("@")
        if at:
            token = base64.b64encode(unquote(user).encode()).decode()
            headers = {"Authorization": f"Basic {token}", **headers}
            url = urlunsplit(parts._replace(netloc=host))
        request = Request(url, headers={**self.headers, **headers}, method=method)
        try:
            return PlainResponse(self._opener.open(request, timeout=timeout[1]))
        except HTTPError as answer:
            return PlainResponse(answer)

    def close(self) -> None:
        """Does nothing: a connection ends with its response."""


class PlainResponse:
    """An answer whose body is unread.

    Attributes:
        status_code, reason: those of the answer.
        headers: its headers; names in any case.
        raw: the body: this object itself.
    """

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.status_code: int = answer.status
        self.reason: str = answer.reason
        self.headers = answer.headers
        self.raw = self

    @property
    def is_redirect(self) -> bool:
        """Whether the answer names another address."""
        return self.status_code in _REDIRECTS and "Location" in self.headers

    def read1(self, size: int, *, decode_content: bool = False) -> bytes:
        """The next bytes of the body, at most `size`; empty at its end.

        Raises:
            OSError: the connection broke or stalled.
            http.client.HTTPException: it was closed before the end.
        """
        chunk: bytes = self._answer.read1(size)
        return chunk

    def shutdown(self) -> None:
        """Ends the connection, also for a thread that waits for its data."""
        self._answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connection."""
        self._answer.close()


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: `http` checks a redirect before it is followed."""
