"""The files of weights: mostly one, sometimes several that make one state dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..download.remote import RemoteFile
from ..sizes import published_size

__all__ = ["addresses_of", "files_of", "is_left_blank", "size_of_all"]

_BLANK = "-00000000.pth"  # at the end of the address that the templates of `hub new` have


def files_of(data: Mapping[str, Any], *, allow_file: bool = False) -> tuple[RemoteFile, ...]:
    """The files of weights, the first one first, as their catalogue gives them.

    Args:
        data: a member's JSON object.
        allow_file: whether ``file:`` addresses are allowed.
    """
    about = published_size(data.get("meta", {})) if not data.get("files") else None
    return tuple(
        RemoteFile(
            (one["url"], *one.get("mirrors", ())), one.get("sha256"), one.get("size"), allow_file,
            about,
        )
        for one in (data, *data.get("files", ()))
    )  # fmt: skip


def addresses_of(data: Mapping[str, Any]) -> list[str]:
    """All addresses of all files, from a member's JSON object."""
    return [url for file in files_of(data) for url in file.urls]


def is_left_blank(data: Mapping[str, Any]) -> bool:
    """Whether a member's JSON object still has the address that `hub new` wrote, of no file."""
    return str(data.get("url", "")).endswith(_BLANK)


def size_of_all(data: Mapping[str, Any]) -> int | None:
    """How many bytes all files have together, from a member's JSON object; None if not known."""
    sizes = [file.size for file in files_of(data)]
    return None if None in sizes else sum(size for size in sizes if size)
