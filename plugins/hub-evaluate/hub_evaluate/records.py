"""Records: the evidence for what was measured, as JSON that anyone can check."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hubcore.atomic_write import atomic_write

from .errors import EvaluationError
from .evaluation import Evaluation
from .identity import machine

__all__ = ["SCHEMA", "read_record", "record_of", "write_json"]

SCHEMA = 1


def record_of(evaluation: Evaluation) -> dict[str, Any]:
    """The record of an evaluation. Each image's output has a digest and a score."""
    images = [
        [id, digest(observation), _number(evaluation.measuring.score(observation))]
        for id, observation in zip(evaluation.ids, evaluation.observations, strict=True)
    ]
    return {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "model": evaluation.model,
        "weights": evaluation.weights,
        "task": evaluation.task,
        "metrics": {
            name: {
                "value": _number(one.value),
                "low": _number(one.low),
                "high": _number(one.high),
                "published": _number(one.published),
                "state": one.state,
            }
            for name, one in evaluation.metrics.items()
        },
        **evaluation.facts,
        "machine": machine(),
        "failures": [{"id": id, "reason": reason} for id, reason in evaluation.failures],
        "failures_count": evaluation.failures_count,
        "outputs": {"sha256": digest(images), "images": images},
    }


def digest(value: Any) -> str:
    """Enough of the SHA-256 of a value to tell it from others: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


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


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
