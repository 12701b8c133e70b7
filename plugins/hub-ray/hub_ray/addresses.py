"""Addresses: ``s3://``, ``gs://`` and all that fsspec knows."""

from __future__ import annotations

import logging
import re
import time
from functools import lru_cache
from typing import Any

from fsspec.core import url_to_fs
from fsspec.utils import get_protocol

from hubcore import settings
from hubcore.download.addresses import redact
from hubcore.download.quoting import without_secrets
from hubcore.errors import HubError, OfflineError
from hubcore.prediction import InputError
from hubcore.prediction.folders import image_suffixes, natural

from .errors import RayError

__all__ = ["RemoteFile", "is_address", "listed", "opened", "reason_of"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE | re.ASCII)
_OF_ARROW = ("s3", "gs")
"""Schemes that pyarrow reads itself, so that no further package is needed."""
_HERE = ("file", "local", "memory")
"""Schemes that need no network."""
_TRIES = 3
_GONE = (FileNotFoundError, PermissionError, IsADirectoryError)
"""What trying again does not help."""


logging.getLogger("fsspec").setLevel(logging.INFO)  # at DEBUG it tells whole addresses


def is_address(one: Any) -> bool:
    """Whether this is an address rather than a path."""
    return isinstance(one, str) and _ADDRESS.match(one) is not None


def listed(address: str, suffixes: frozenset[str]) -> list[str]:
    """The addresses that one stands for: those in a folder, those that match a glob, or itself.

    Args:
        address: a file, a folder or a glob.
        suffixes: how the names of the files in folders end. If none does so as images do, the
            others count.

    Returns:
        Addresses in natural order. A single file need not exist.

    Raises:
        InputError: nothing is there.
        RayError: the address cannot be asked.
        OfflineError: it is on the network, and ``HUBCORE_OFFLINE`` is set.
    """
    shown = redact(address)
    try:
        files, path = _found(address)
        bare = path.removesuffix(_query(address))
        if re.search(r"[*?\[]", bare):
            found = [one for one in files.glob(path) if not _hidden(one)]
            if not found:
                raise InputError(shown, "nothing matches this pattern")
        elif _suffix(bare) in suffixes:
            return [address]
        elif not files.isdir(path):
            if files.exists(path):
                return [address]
            raise InputError(shown, "no such file or folder")
        else:
            inside = [one for one in files.ls(path, detail=False) if not _hidden(one)]
            images = [one for one in inside if _suffix(one) in image_suffixes()]
            found = images or [one for one in inside if _suffix(one) in suffixes]
            if not found:
                reason = f"no images in this folder. For its subfolders: '{shown}/**/*.jpg'"
                raise InputError(shown, reason)
    except HubError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise RayError(f"{shown} cannot be listed: {reason_of(error, address)}") from error
    scheme, query = address.partition("://")[0], _query(address)
    start = f"{scheme}://"
    names = (one if is_address(one) else f"{start}{one}" for one in found)
    return [f"{one}{query}" for one in sorted(names, key=natural)]


def opened(address: str) -> Any:
    """A file, open for reading bytes, at an address or a path.

    Raises:
        Exception: it is not there, or cannot be read: each file system has errors of its own.
    """
    files, path = _found(address)
    return files.open(path, "rb")


class RemoteFile:
    """The file at an address: an image's content that is read when the image is decoded."""

    def __init__(self, address: str) -> None:
        self.address = address

    def read(self, size: int = -1) -> bytes:
        """The whole file, or as much of it.

        Raises:
            OSError: it cannot be read, also not at another time.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                with opened(self.address) as file:
                    content: bytes = file.read(size)
                    return content
            except HubError as error:
                raise OSError(str(error)) from error
            except _GONE as error:
                raise type(error)(
                    f"{type(error).__name__}: there is no such file to read"
                ) from error
            except Exception as error:
                if not tries_left:
                    reason = reason_of(error, self.address)
                    raise OSError(f"it cannot be read: {reason}") from error
                time.sleep(0.5 * (_TRIES - tries_left))
        raise AssertionError  # the loop returns or raises


def _found(address: str) -> tuple[Any, str]:
    """The file system of an address, in fsspec's form, and the path in it.

    Raises:
        RayError: nothing that is installed knows such addresses.
        OfflineError: it is on the network, and ``HUBCORE_OFFLINE`` is set.
    """
    scheme = get_protocol(address)
    if scheme not in _HERE and settings.offline():
        raise OfflineError(f"HUBCORE_OFFLINE is set: {redact(address)} was not opened.")
    try:
        if scheme in _OF_ARROW:
            place = address.partition("://")[2].removesuffix(_query(address))
            bucket = place.partition("/")[0]
            return _of_arrow(f"{scheme}://{bucket}{_query(address)}"), place.rpartition("@")[2]
        files, path = url_to_fs(address)
        return files, path
    except ImportError as error:
        reason = reason_of(error, address)
        raise RayError(f"{scheme}: addresses need a package: {reason}") from error
    except ValueError as error:
        raise RayError(f"{redact(address)}: {reason_of(error, address)}") from error


@lru_cache(maxsize=32)
def _of_arrow(root: str) -> Any:
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import FileSystem

    files, _ = FileSystem.from_uri(root)
    return ArrowFSWrapper(files)


def _query(address: str) -> str:
    """The settings at an address's end, such as ``?region=eu-west-1``. Globs have ``?`` too."""
    found = re.search(r"\?\w+=[^/]*$", address)
    return found[0] if found else ""


def _suffix(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2]
    return name[name.rfind(".") :].lower() if "." in name else ""


def _hidden(path: str) -> bool:
    return path.rstrip("/").rpartition("/")[2].startswith(".")


def reason_of(error: Exception, address: str) -> str:
    """The first line of an error, without the secrets of the address."""
    text = (str(error).splitlines() or [type(error).__name__])[0]
    return without_secrets(text, address)
