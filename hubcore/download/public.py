"""Whether users elsewhere can fetch from an address: for those who publish one."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from .addresses import redact, scheme

__all__ = ["Hindrance", "hindrance"]

_RESERVED = ("example", "invalid", "test", "localhost", "example.com", "example.net", "example.org")


class Hindrance(NamedTuple):
    """Why not everybody can fetch from an address.

    Attributes:
        reason: in words, with the host.
        certain: whether nobody else can; otherwise users in the same network may.
    """

    reason: str
    certain: bool


def hindrance(url: str) -> Hindrance | None:
    """What hinders users elsewhere; None if nothing is known to. Nothing is asked of a network.

    Args:
        url: an address that `check_address` takes.
    """
    if scheme(url) not in ("http", "https"):
        return None
    if "@" in urlsplit(url).netloc:
        reason = f"the address of {redact(url)} has a user or a password in it, for all to read"
        return Hindrance(reason, True)
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if any(host == name or host.endswith(f".{name}") for name in _RESERVED):
        return Hindrance(f"{redact(url)}: {host} serves no files", True)
    try:
        address = ip_address(host)
    except ValueError:
        if "." not in host:
            return Hindrance(f"{host} is known only in its own network", False)
        return None
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return Hindrance(f"{redact(url)} is only on one machine", True)
    if not address.is_global:
        return Hindrance(f"{host} can be reached only in its own network", False)
    return None
