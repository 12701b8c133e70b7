"""What a server says, without what the request told it: many repeat the address, or the token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from .. import settings
from .addresses import identity
from .tokens import token_for

__all__ = ["without_secrets"]

_SHORTEST = 4  # shorter pieces are common words, and no secrets
_QUERY = re.compile(r"\?[^\s'\"<>]+")
_USER = re.compile(r"//[^\s/'\"<>]*@")


def without_secrets(said: str, url: str) -> str:
    """A server's words without queries, users, passwords, headers or tokens for it.

    Args:
        said: the words.
        url: the address that was asked.
    """
    said = _USER.sub("//", _QUERY.sub("?...", said))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        said = said.replace(secret, "...")
    return said


def _secrets(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        told = [parts.query, parts.fragment, parts.username or "", parts.password or ""]
        told += [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return
    for value in settings.headers_for(identity(url)).values():
        told += [value, *value.split()]
    if parts.scheme in ("http", "https"):
        told.append(token_for(url))
    for piece in told:
        yield from (text for text in {piece, unquote(piece)} if len(text) >= _SHORTEST)
