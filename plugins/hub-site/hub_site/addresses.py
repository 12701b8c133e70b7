"""Addresses of pages: each entry's own, the same on every file system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = ["Addresses", "is_web", "slug"]

_is_plain = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}", re.ASCII).fullmatch


class Addresses:
    """The addresses of the pages of one kind, relative to the site's root.

    They are ``KIND/DISTRIBUTION/NAME.html``. Where a file system that ignores case would take two
    for one, the later have part of a digest behind the name.

    Args:
        kind: ``weights`` or ``models``.
        entries: the distribution and the bare name of each page, in a stable order.
    """

    def __init__(self, kind: str, entries: Iterable[tuple[str, str]]) -> None:
        self._found: dict[tuple[str, str], str] = {}
        self.irregular: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for distribution, name in entries:
            regular = f"{kind}/{distribution}/{name}.html"
            address = f"{kind}/{slug(distribution)}/{slug(name)}.html"
            if address.lower() in taken:
                address = f"{kind}/{slug(distribution)}/{slug(name)}-{_mark(name)}.html"
            if address != regular:
                self.irregular[distribution, name] = address
            taken.add(address.lower())
            self._found[distribution, name] = address

    def __getitem__(self, key: tuple[str, str]) -> str:
        return self._found[key]

    def get(self, key: tuple[str, str]) -> str | None:
        """The address of an entry, or None if it has no page."""
        return self._found.get(key)


def slug(name: str) -> str:
    """A name as part of an address: the same, if file names may have all its letters everywhere."""
    if _is_plain(name):
        return name
    return f"{re.sub('[^A-Za-z0-9_.+-]', '-', name)[:80]}-{_mark(name)}".lstrip(".")


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]


def is_web(address: object) -> bool:
    """Whether an address that somebody else wrote may be a link: https and http only."""
    return isinstance(address, str) and address.lower().startswith(("https://", "http://"))
