"""The table of the catalogue page: all weights, column by column, as the page's script reads it.

The rows and the fields are those of ``hub list --weights``, in its order, so that a filter gives
the same set here and there. A column is one of

    {"text": ["...", ...]}                          texts that mostly differ
    {"values": ["...", ...], "codes": [0, ...]}     texts that repeat; -1 where there is none
    {"numbers": [80.8, null, ...]}                  numbers
    {"at": [3, 1, ...], "numbers": [80.8, ...]}     few numbers: distances between their rows
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hubcore.catalogs.fields import Field, fields_of

__all__ = ["fields_json", "table"]

_UNIQUE = ("name", "model")


def table(rows: Sequence[Mapping[str, Any]], extra: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The table of some rows.

    Args:
        rows: the facts of weights, each with its ``name``.
        extra: further columns by name, with a value or None for each row, that filters do not know.

    Returns:
        ``{"count": int, "columns": {...}, "fields": [...]}``.
    """
    fields = fields_of(rows)
    columns = {name: _column(name, [row.get(name) for row in rows]) for name in fields}
    columns |= {name: _column(name, values) for name, values in extra.items()}
    return {"count": len(rows), "columns": columns, "fields": fields_json(fields)}


def fields_json(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """Fields as the page's script takes them. The values of texts are in the columns."""
    return [
        {
            "name": field.name,
            "kind": field.kind,
            "better": field.better,
            "units": dict(field.units),
            "example": field.example,
            "bounds": [bound if math.isfinite(bound) else None for bound in field.bounds],
            "aliases": list(field.aliases),
            "sets": {name: list(values) for name, values in field.sets.items()},
        }
        for field in fields.values()
    ]


def _column(name: str, values: Sequence[Any]) -> dict[str, Any]:
    known = [(row, value) for row, value in enumerate(values) if value is not None]
    if any(isinstance(value, str) for _, value in known):
        if name in _UNIQUE:
            return {"text": ["" if value is None else value for value in values]}
        texts = list(dict.fromkeys(value for _, value in known))
        codes = {text: code for code, text in enumerate(texts)}
        return {
            "values": texts,
            "codes": [-1 if value is None else codes[value] for value in values],
        }
    known = [(row, value) for row, value in known if math.isfinite(value)]
    if len(known) * 2 < len(values):
        at = [row for row, _ in known]
        steps = [row - before for row, before in zip(at, [0, *at], strict=False)]
        return {"at": steps, "numbers": [value for _, value in known]}
    finite = dict(known)
    return {"numbers": [finite.get(row) for row in range(len(values))]}
