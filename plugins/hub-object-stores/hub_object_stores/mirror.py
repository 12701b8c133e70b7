"""How a mirror is laid out: ``HOST/PATH`` for each address, so that prefixes can be rewritten."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from hubcore.download.addresses import redact, scheme
from hubcore.download.huggingface import web_address

__all__ = ["Spot", "spot_of"]


class Spot(NamedTuple):
    """Where a mirror holds the file of an address.

    Attributes:
        prefix: the beginning of the address that a mirror replaces, up to the host.
        folder: what stands for it in the mirror, without slashes at its ends.
        rest: the rest of the address, as it stands there.
        reason: why the file is not mirrored; "" if it is.
    """

    prefix: str = ""
    folder: str = ""
    rest: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """The place in a bucket, where nothing is decoded."""
        return f"{self.folder}/{self.rest}"

    @property
    def path(self) -> str:
        """The place in a folder, as the path of a ``file:`` address is decoded."""
        return f"{self.folder}/{unquote(self.rest)}"


def spot_of(url: str) -> Spot:
    """Where a mirror holds the file of an address.

    Args:
        url: the first address that the catalogue gives for the file.
    """
    kind = scheme(url)
    if kind == "package":
        package = url.partition(":")[2].partition("/")[0]
        return Spot(reason=f"it comes with the package {package}")
    try:
        url = web_address(url)
        parts = urlsplit(url)
    except ValueError:  # of a malformed address
        return Spot(reason="its address is malformed")
    if parts.query or parts.fragment or "@" in parts.netloc:
        return Spot(reason=f"its address, {redact(url)}, has a query or a password")
    names = parts.path[1:].split("/")
    decoded = [unquote(name) for name in names]
    if (
        not parts.netloc
        or parts.netloc.startswith(".")
        or any(name in ("", ".", "..") or set("/\\\0") & set(name) for name in decoded)
    ):
        return Spot(reason=f"{redact(url)} has no path that a mirror can have")
    web = kind in ("http", "https", "hf")
    folder = parts.netloc if web else f"{kind}/{parts.netloc}"
    return Spot(f"{parts.scheme}://{parts.netloc}/", folder, "/".join(names))
