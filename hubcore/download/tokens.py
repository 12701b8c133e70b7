"""Tokens for files behind a login: from the environment or the keyring, and never written down.

A token goes to its own host only, over a connection that nobody can read, and only when that host
asks for one: what is public is fetched without. Where a host redirects to another, that one does
not get it.
"""

from __future__ import annotations

import contextlib
import os
from urllib.parse import urlsplit

from .. import settings
from .addresses import is_secure

__all__ = ["is_gated_hub", "token_for"]

_SERVICE = "hubcore"


def token_for(url: str) -> str:
    """The token for an address, "" if there is none.

    For Hugging Face's hub it is ``HF_TOKEN``. For any host it is what the keyring has for the
    service ``hubcore`` and the host as its user, if the package keyring is installed.

    Args:
        url: an ``http:`` or ``https:`` address.
    """
    if not is_secure(url):
        return ""
    token = os.environ.get("HF_TOKEN", "") if is_gated_hub(url) else ""
    token = (token or _from_keyring(_host(url))).strip()
    return token if token.isascii() and token.isprintable() else ""


def is_gated_hub(url: str) -> bool:
    """Whether an address is on Hugging Face's hub, where files may be gated."""
    return _host(url) == _host(settings.hf_endpoint()) and (
        urlsplit(url).scheme == urlsplit(settings.hf_endpoint()).scheme
    )


def _host(url: str) -> str:
    """The host with its port, in lower case."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _from_keyring(host: str) -> str:
    # A keyring may be absent, locked, or without a backend: then there is no token.
    with contextlib.suppress(Exception):
        import keyring

        return keyring.get_password(_SERVICE, host) or ""
    return ""
