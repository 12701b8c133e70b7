"""Files of the store in a folder of the user's, under the names that their publishers gave them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..atomic_write import atomic_write
from ..download.addresses import file_name
from ..download.hashing import sha256_of
from ..errors import HubError
from ..store import RemoteFile

__all__ = ["make_folder", "published_names", "put"]


def published_names(files: Iterable[RemoteFile]) -> dict[str, str]:
    """The published name of each file, by its address.

    Raises:
        HubError: two files have the same name, or a file has none.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for file in files:
        url = file.urls[0]
        name = file_name(url)
        if name in ("", ".", "..") or "/" in name or os.sep in name or "\0" in name:
            raise HubError(f"{file.name} has no published name that a folder could hold.")
        if taken.setdefault(name.lower(), url) != url:
            raise HubError(
                f"Two of the files are called {name}: download them into folders of their own."
            )
        names[url] = name
    return names


def make_folder(folder: Path) -> None:
    """Makes a folder, if it is missing.

    Raises:
        HubError: it cannot be made, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror or error
        raise HubError(f"Cannot use the folder {folder}: {reason}.") from error


def put(path: Path, target: Path) -> Path | HubError:
    """Copies a file of the store, whose digest is its name. The same file is left as it is.

    Returns:
        The target; or the error: another file is there, or it cannot be written.
    """
    try:
        same_size = target.is_file() and target.stat().st_size == path.stat().st_size
        if same_size and sha256_of(target) == sha256_of(path):
            return target
        if target.exists():
            return HubError(f"{target} is another file, and was left as it is. Move it away first.")
        with atomic_write(target) as temporary:
            shutil.copyfile(path, temporary)
        return target
    except OSError as error:
        return HubError(f"Cannot write {target}: {error.strerror or error}.")
