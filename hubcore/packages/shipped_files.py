"""Files that installed distributions ship: ``package:DISTRIBUTION/path/inside/it``.

One inside a zip archive of a distribution's is ``package:DISTRIBUTION/archive.zip!/path/in/that``.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from ..errors import DownloadError

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["locate", "shipped"]

_MARK = "!/"
_PIECE = 2**20  # bytes


@contextlib.contextmanager
def shipped(address: str, limit: int) -> Iterator[Path | None]:
    """A file that an installed distribution ships, unpacked for as long as the context lasts.

    Args:
        address: ``package:DISTRIBUTION/path/inside/it``, perhaps with ``!/`` and the path of a file
            in that zip archive.
        limit: the most bytes that are unpacked.

    Yields:
        The file's path; None if there is no such distribution, file or member.

    Raises:
        DownloadError: the archive is damaged or encrypted, or the file has more bytes.
    """
    outer, mark, inner = address.partition(_MARK)
    path = locate(outer)
    if not mark or path is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="hubcore-") as folder:
        yield _unpacked(path, unquote(inner), Path(folder) / "member", limit, address)


def _unpacked(archive: Path, member: str, target: Path, limit: int, address: str) -> Path | None:
    """Unpacks one member to a path of ours; its own name is never used as one."""
    length = 0
    try:
        with (
            zipfile.ZipFile(archive) as opened,
            opened.open(member) as source,
            target.open("wb") as written,
        ):
            while piece := source.read(_PIECE):
                length += len(piece)
                if length > limit:
                    raise DownloadError(f"{address} has more than {limit} bytes")
                written.write(piece)
    except KeyError:
        return None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise DownloadError(f"{address} cannot be unpacked: {error}") from error
    return target


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
