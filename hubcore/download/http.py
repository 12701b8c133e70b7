"""Gets one HTTP response, or a clear reason why there is none.

Requests handles proxies, netrc and CA bundles; where it is not installed, `plain_http` stands in.
This module adds three things: redirects are checked before they are followed, every fault is either
temporary or permanent, and no reason that it gives contains a password, a token or a query.
"""

from __future__ import annotations

import contextlib
import re
from http.client import InvalidURL
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import unquote, urljoin, urlsplit

from .. import settings
from ..errors import HubError, OfflineError
from ..packages.schemes import WebAddress, web_address
from .addresses import identity, redact, scheme
from .cancellation import Cancel
from .connections import Waiting, watch
from .faults import AttemptError, PermanentError, TemporaryError
from .quoting import without_secrets
from .tokens import is_gated_hub, token_for

if TYPE_CHECKING:
    import requests

__all__ = [
    "is_encoded",
    "new_session",
    "open_url",
    "read_some",
    "stated_length",
]

_MAX_REDIRECTS = 10
_CONNECT = 10.0  # seconds to open a connection, at most
_BUFFER = 256 * 1024  # bytes; writes of 1 MB and more are very slow on some kernels
_WEB = {"http", "https"}
_WORTH_A_RETRY = {408, 425, 429}


def new_session(connections: int = 4) -> Any:
    """A session that makes no retries of its own and asks for uncompressed bodies.

    Args:
        connections: the maximum number of connections kept open to one host.
    """
    session: Any
    try:
        import requests
    except ImportError:
        from .plain_http import PlainSession

        session = PlainSession()
        session.headers["User-Agent"] = "hubcore"
    else:
        session = requests.Session()
        watch(session, connections)
        session.headers["User-Agent"] = f"hubcore {requests.utils.default_user_agent()}"
    # No compression: digests and ranges refer to the bytes of the file itself.
    session.headers["Accept-Encoding"] = "identity"
    return session


def open_url(
    session: requests.Session,
    url: str,
    headers: dict[str, str],
    cancel: Cancel | None = None,
    method: str = "GET",
) -> requests.Response:
    """Sends a request and follows redirects.

    Headers of the settings go to the addresses they are configured for, also when one of these
    redirects to another.

    Args:
        session: the session to use.
        url: an ``http:`` or ``https:`` address, or one that a package knows to be on it.
        headers: the request's own headers; those of the settings are added.
        cancel: ends the wait for the answer when it is set.
        method: ``GET`` or ``HEAD``.

    Returns:
        A response with status 200, 206 or 416 whose body is unread.

    Raises:
        OfflineError: ``HUBCORE_OFFLINE`` is set; no connection was made.
        TemporaryError: no response or another status, and another attempt may help.
        PermanentError: no response or another status, and another attempt would not help.
        CancelledError: `cancel` was set.
    """
    timeout = settings.timeout()
    limit = timeout + min(timeout, _CONNECT)
    place, told = _on_the_web(url), scheme(url) not in _WEB
    with (cancel or Cancel()).waiting(limit) as waiting:
        for _ in range(_MAX_REDIRECTS + 1):
            response = _answer(session, method, place, told, headers, waiting, limit)
            if not response.is_redirect:
                return _judged(response, place)
            location = response.headers["Location"]
            response.close()
            place, told = WebAddress(_redirected(place.url, location), advice=place.advice), False
    raise PermanentError(f"more than {_MAX_REDIRECTS} redirects")


def _on_the_web(url: str) -> WebAddress:
    """Where an address is on the web."""
    if settings.offline():
        raise OfflineError(f"HUBCORE_OFFLINE is set: {redact(url)} was not opened.")
    if scheme(url) in _WEB:
        return WebAddress(url)
    try:
        found = web_address(url)
    except HubError as error:
        reason = str(error)
    else:
        if found is not None and scheme(found.url) in _WEB:
            return found
        reason = f"no package that is installed fetches '{scheme(url)}:' addresses"
    raise PermanentError(reason)


def _answer(
    session: requests.Session,
    method: str,
    place: WebAddress,
    told: bool,
    headers: dict[str, str],
    waiting: Waiting,
    limit: float,
) -> requests.Response:
    """The answer to one request, whatever it is.

    Where a package told the address, that and its headers are all that the server is shown: a
    netrc's password beside a signature would be one too many.
    """
    url = place.url
    if settings.offline():
        raise OfflineError(f"HUBCORE_OFFLINE is set: {redact(url)} was not opened.")
    configured = {**settings.headers_for(identity(url)), **place.headers}
    given = told or _has(configured, "authorization") or _in_address(url) is not None
    auth = _as_configured if told or _has(configured, "authorization") else _in_address(url)
    response = _sent(session, method, url, {**headers, **configured}, auth, waiting, limit)
    if response.status_code in {401, 403} and not given and (token := token_for(url)):
        response.close()
        shown = {**headers, **configured, "Authorization": f"Bearer {token}"}
        response = _sent(session, method, url, shown, _as_configured, waiting, limit)
    return response


def _sent(
    session: requests.Session,
    method: str,
    url: str,
    headers: dict[str, str],
    auth: Any,
    waiting: Waiting,
    limit: float,
) -> requests.Response:
    """The answer to a request with all its headers."""
    timeout = settings.timeout()
    try:
        response = session.request(
            method,
            url,
            headers=headers,
            auth=auth,
            stream=True,
            allow_redirects=False,
            timeout=(min(timeout, _CONNECT), timeout),
        )
    except Exception as error:  # requests', urllib3's, http.client's: whatever a bad answer causes
        fault = _fault(error)
    else:
        if not waiting.ended:  # else its headers look whole, but were cut short
            return response
        response.close()
        fault = TemporaryError("")
    if waiting.expired:
        fault = TemporaryError(f"no whole answer for {limit:g} seconds")
    raise fault  # not in the handler above: the libraries' errors contain the whole address


def is_encoded(response: requests.Response) -> bool:
    """Whether a response's body has a Content-Encoding, though none was asked for."""
    return response.headers.get("Content-Encoding", "identity").strip().lower() != "identity"


def read_some(response: requests.Response) -> bytes:
    """Reads the next bytes of a response's body, as soon as some have arrived.

    Args:
        response: a response of `open_url`.

    Returns:
        The bytes as they were sent; empty at the end of the body.

    Raises:
        TemporaryError: the connection broke or stalled.
    """
    try:
        return response.raw.read1(_BUFFER, decode_content=False) or b""
    except (ValueError, AttributeError):  # closed by another thread
        reason = "the connection was closed"
    except Exception as error:  # urllib3's, an OSError or an HTTPException
        reason = _unread(error)
    raise TemporaryError(reason)  # not in a handler: the libraries' errors contain addresses


def stated_length(response: requests.Response) -> int | None:
    """The length of a response's body in bytes as the server states it, or None.

    Raises:
        PermanentError: what it states is not a length.
    """
    value = response.headers.get("Content-Length")
    if value is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", value.strip()):  # and not isdigit, which takes '²'
        raise PermanentError("it states a length that is no number")
    return int(value)


def _unread(error: Exception) -> str:
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"ReadTimeoutError", "TimeoutError"}:
        return f"no data for {settings.timeout():g} seconds"
    return _broken(error)


# Given to requests, which would otherwise put netrc's in place of a configured Authorization, or of
# what the address says.
def _as_configured(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _in_address(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    if parts.password is None:
        return None
    return unquote(parts.username or ""), unquote(parts.password)


def _has(headers: dict[str, str], name: str) -> bool:
    return any(key.lower() == name for key in headers)


def _redirected(url: str, location: str) -> str:
    target, host = "", None
    with contextlib.suppress(ValueError):
        target = urljoin(url, location)
        host = urlsplit(target).hostname
    if not target:
        raise PermanentError("redirected to an invalid address")
    if scheme(target) not in {"http", "https"} or not host:
        raise PermanentError(f"redirected to {redact(target)}, which is not a web address")
    if scheme(url) == "https" and scheme(target) == "http":
        raise PermanentError(f"redirected from https to plain http ({redact(target)}); refused")
    return target


def _judged(response: requests.Response, place: WebAddress) -> requests.Response:
    url = place.url
    status = response.status_code
    if status in {200, 206, 416}:
        return response
    response.close()
    phrase = "".join(c for c in response.reason or "" if c.isprintable())
    reason = f"HTTP {status} {without_secrets(phrase, url)[:60]}".strip()
    if status in _WORTH_A_RETRY or status >= 500:
        raise TemporaryError(reason, _retry_after(response))
    if place.advice:
        reason += f" ({place.advice})"
    elif status in {401, 403, 407}:
        reason += f" ({_advice(url)})"
    raise PermanentError(reason)


def _advice(url: str) -> str:
    """What lets a user in who was not: for a private or gated file."""
    if token_for(url):
        terms = "accept its repository's terms on its page, and " if is_gated_hub(url) else ""
        return f"your token for it was refused: {terms}give one that may read the file"
    if is_gated_hub(url):
        return (
            "if its repository is gated or private: accept its terms on its page, and set HF_TOKEN "
            "to a token of yours"
        )
    host = urlsplit(url).netloc.rpartition("@")[2]
    return (
        f"for a private file: keyring set hubcore {host}, or [headers] in hubcore's config.toml, "
        f"or ~/.netrc"
    )


def _retry_after(response: requests.Response) -> float | None:
    """The seconds to wait; dates are compared with the server's clock, since ours may be wrong."""
    from email.utils import parsedate_to_datetime

    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
        now = parsedate_to_datetime(response.headers["Date"])
        return max((then - now).total_seconds(), 0.0)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _fault(error: Exception) -> AttemptError:
    """What requests' errors mean, or the standard library's, by the names of their classes."""
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    names = {kind.__name__ for kind in type(error).__mro__}
    if "SSLError" in names:
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in text or "doesn't match" in text:
            return PermanentError(
                "the server's certificate is not trusted (for a private certificate authority, set "
                "REQUESTS_CA_BUNDLE to its file)"
            )
        return TemporaryError("the encrypted connection failed")
    if "ProxyError" in names:
        return TemporaryError("the proxy did not answer (check HTTP_PROXY and HTTPS_PROXY)")
    if "ConnectTimeout" in names:
        return TemporaryError("the server did not accept the connection in time")
    if names & {"Timeout", "TimeoutError"}:
        return TemporaryError(f"no answer for {settings.timeout():g} seconds")
    if isinstance(error, (ValueError, InvalidURL)):
        return PermanentError(_unmade(error))
    if names & {"ConnectionError", "gaierror", "HTTPException"}:
        return TemporaryError(_broken(error))
    return PermanentError(_unmade(error))


def _unmade(error: Exception) -> str:
    return f"the request could not be made ({type(error).__name__})"


def _broken(error: BaseException) -> str:
    """What broke a connection, without the library's own text, which may contain secrets."""
    text = repr(error)
    for sign, reason in (
        ("NameResolutionError", "the host's name could not be resolved"),
        ("Temporary failure in name", "the host's name could not be resolved"),
        ("ConnectionRefused", "the connection was refused"),
        ("Connection refused", "the connection was refused"),
        ("ConnectionReset", "the connection was reset"),
        ("Connection reset", "the connection was reset"),
        ("IncompleteRead", "the connection was closed before the end"),
        ("RemoteDisconnected", "the connection was closed without an answer"),
        ("unreachable", "the network is unreachable"),
    ):
        if sign in text:
            return reason
    return f"the connection broke ({type(error).__name__})"
