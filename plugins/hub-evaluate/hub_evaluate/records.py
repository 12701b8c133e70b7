"""Reads and writes records: the evidence for what was measured, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hubcore.atomic_write import atomic_write
from hubcore.catalogs import records as hubcore_records
from hubcore.errors import CatalogError

from .errors import EvaluationError

__all__ = ["read_record", "write_json"]


def read_record(path: Path) -> dict[str, Any]:
    """Reads a record.

    Raises:
        EvaluationError: it is not one, or is written in a newer format.
    """
    try:
        content = hubcore_records.read_record(path)
    except CatalogError as error:
        raise EvaluationError(str(error)) from error
    for key in ("settings", "outputs", "interval"):
        if not isinstance(content.get(key), dict):
            raise EvaluationError(f"{path}: is not a whole record: see its '{key}'")
    return content


def write_json(path: Path, value: Any) -> None:
    """Writes JSON completely or not at all.

    Raises:
        EvaluationError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvaluationError(f"{path}: cannot be written: {reason}") from error
