"""Reads and writes records: the evidence for what was measured, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hubcore.atomic_write import atomic_write

from .errors import EvaluationError
from .results import SCHEMA

__all__ = ["read_record", "write_json"]


def read_record(path: Path) -> dict[str, Any]:
    """Reads a record.

    Raises:
        EvaluationError: it is not one, or is written in a newer format.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path}: cannot be read as a record: {error}") from error
    needed = ("model", "weights", "metrics", "data", "settings", "outputs", "interval")
    if not isinstance(content, dict) or not isinstance(content.get("schema"), int):
        raise EvaluationError(f"{path}: is not a record of 'hub evaluate'.")
    if content["schema"] > SCHEMA:
        raise EvaluationError(f"{path}: is written by a newer version: update hub-evaluate.")
    lacking = [key for key in needed if key not in content]
    if lacking:
        raise EvaluationError(f"{path}: is not a whole record: there is no '{lacking[0]}'.")
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
