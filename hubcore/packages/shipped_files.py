"""Files that installed distributions ship: ``package:DISTRIBUTION/path/inside/it``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["locate"]


def locate(address: str) -> Path | None:
    """Finds a file that an installed distribution ships.

    The file must be listed in the distribution's record, or lie in the source folder of an editable
    installation.

    Args:
        address: ``package:DISTRIBUTION/path/inside/it``; the path must not contain ``..``.

    Returns:
        The file's path, or None if the distribution is not installed or ships no such file.
    """
    import importlib.metadata

    distribution, _, inside = unquote(address.partition(":")[2]).partition("/")
    if not distribution or not inside or ".." in inside.split("/") or inside.startswith("/"):
        return None
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in found.files or ():
        if file.as_posix() == inside:
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    source = _source_of_editable(found)
    candidates = (source / inside, source / "src" / inside) if source else ()
    return next((path for path in candidates if path.is_file()), None)


def _source_of_editable(distribution: Distribution) -> Path | None:
    """The project's folder if it was installed with ``pip install -e``, or None."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        editable = origin.get("dir_info", {}).get("editable", False)
        return Path(url2pathname(urlsplit(origin["url"]).path)) if editable else None
    except (ValueError, KeyError, AttributeError):
        return None
