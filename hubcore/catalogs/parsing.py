"""Parses JSON that somebody else wrote: catalogues, and the lists and records beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..devices import refuse_device
from ..errors import CatalogError

__all__ = ["parse", "read_json"]

_LARGEST = 64 * 1024 * 1024  # bytes; timm's catalogue of 1,826 models has 3 MB


def read_json(path: Path, *, strict: bool = False) -> Any:
    """Reads a JSON file that somebody else wrote.

    Args:
        path: the file.
        strict: as for `parse`.

    Raises:
        CatalogError: the file cannot be read, or as `parse`.
    """
    try:
        refuse_device(path)
        text = path.read_bytes()
    except OSError as error:
        raise CatalogError(f"cannot be read ({error.strerror or error})", str(path)) from error
    return parse(text, str(path), strict=strict)


def parse(text: str | bytes, where: str, *, strict: bool = False) -> Any:
    """Parses JSON that somebody else wrote.

    Args:
        text: the JSON.
        where: the file, for messages.
        strict: refuse objects that have a key twice, too, which takes longer.

    Raises:
        CatalogError: the text is too large or too deep, is not JSON, or has NaN or Infinity.
    """

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON: write null")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"an object has the key {twice!r} twice")
        return made

    if len(text) > _LARGEST:
        raise CatalogError(f"is larger than {_LARGEST // 2**20} MiB", where)
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique if strict else None)
    except RecursionError:
        raise CatalogError("is nested too deeply", where) from None
    except UnicodeDecodeError:
        raise CatalogError("is not UTF-8 text", where) from None
    except ValueError as error:
        raise CatalogError(f"is not valid JSON ({error})", where) from error
