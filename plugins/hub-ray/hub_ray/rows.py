"""Rows: a result as plain values, as `hub predict --json` prints them, and as typed columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hubcore.prediction import Failure, Result

__all__ = ["Row", "embedded", "predicted", "table_of"]

Row = dict[str, Any]

_INT, _FLOAT, _TEXT = pa.int64(), pa.float64(), pa.string()
_FLOATS = pa.list_(_FLOAT)
_CLASS = {"category_id": _INT, "category": _TEXT, "score": _FLOAT}
_MASK = {"segmentation": pa.struct({"size": pa.list_(_INT), "counts": _TEXT})}
_BOX = {"bbox": _FLOATS, "area": _FLOAT, "iscrowd": _INT}
_POINTS = {
    "keypoints": _FLOATS,
    "num_keypoints": _INT,
    "keypoint_names": pa.list_(_TEXT),
    "keypoint_scores": _FLOATS,
}
_ANNOTATIONS = {
    "image-classification": _CLASS,
    "video-classification": _CLASS,
    "object-detection": {**_CLASS, **_BOX},
    "instance-segmentation": {**_CLASS, **_BOX, **_MASK},
    "keypoint-detection": {**_CLASS, **_BOX, **_POINTS},
    "semantic-segmentation": {"category_id": _INT, "category": _TEXT, **_BOX, **_MASK},
    "optical-flow": {"magnitude": pa.struct({"min": _FLOAT, "mean": _FLOAT, "max": _FLOAT})},
}
"""What an annotation has, by task. Those of tasks that packages add are JSON, as text."""


def predicted(result: Result | Failure) -> Row:
    """The row of a prediction: the annotations are those of ``hub predict --json``."""
    if isinstance(result, Failure):
        return _failed(result, "annotations")
    width, height = result.size
    return {
        "input": result.source.name,
        "width": width,
        "height": height,
        "annotations": result.annotations(),
        "error": None,
    }


def embedded(result: Result | Failure) -> Row:
    """The row of an embedding. The vector is flat: its shape is in the file's meta-data."""
    if isinstance(result, Failure):
        return _failed(result, "vector")
    width, height = result.size
    return {
        "input": result.source.name,
        "width": width,
        "height": height,
        "vector": np.asarray(result.vector).reshape(-1),  # type: ignore[attr-defined]  # an Embedding
        "error": None,
    }


def _failed(failure: Failure, column: str) -> Row:
    return {
        "input": failure.source,
        "width": None,
        "height": None,
        column: None,
        "error": failure.error.reason,
    }


def table_of(rows: Sequence[Row], task: str, embeds: bool = False) -> pa.Table:
    """Rows as typed columns.

    Args:
        rows: from `predicted`, or from `embedded`.
        task: the model's task.
        embeds: whether these are embeddings.
    """
    if embeds:
        schema = _schema("vector", pa.list_(pa.float32()))
    elif task in _ANNOTATIONS:
        schema = _schema("annotations", pa.list_(pa.struct(_ANNOTATIONS[task])))
    else:
        schema = _schema("annotations", _TEXT)
        rows = [{**row, "annotations": _json(row["annotations"])} for row in rows]
    return pa.Table.from_pylist(list(rows), schema=schema)


def _schema(name: str, kind: pa.DataType) -> pa.Schema:
    size = pa.int32()
    columns = {"input": _TEXT, "width": size, "height": size, name: kind, "error": _TEXT}
    return pa.schema(columns)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)
