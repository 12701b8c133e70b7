"""Fields: what models and weights can be filtered and sorted by. One table for all.

The fields of the catalogue stand in `FIELDS`; the published metrics join them under their own
names, as `metrics` knows them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .. import spdx
from ..settings.licenses import CLASSES
from .metrics import metric_of

__all__ = ["FIELDS", "Field", "fields_of", "find_field"]


class Field(NamedTuple):
    """A field by which models and weights are filtered and sorted.

    Attributes:
        name: its name in filters, in JSON and in `facts`.
        kind: ``number``, ``text`` or ``flag``.
        better: ``higher`` or ``lower``, which is sorted first; None if neither is known.
        units: what a number is multiplied with, by its unit in lower case; "" is a bare number, and
            without it a unit is required.
        example: how a value is written.
        bounds: the lowest and the highest possible number.
        aliases: other names of the field.
        values: the texts that the field has in some model, by their spelling in lower case.
        sets: texts by the name of the set, for ``license in permissive``.
    """

    name: str
    kind: str
    better: str | None = None
    units: Mapping[str, float] = {"": 1.0}
    example: str = "3"
    bounds: tuple[float, float] = (0.0, math.inf)
    aliases: tuple[str, ...] = ()
    values: Mapping[str, str] = {}
    sets: Mapping[str, tuple[str, ...]] = {}


_BYTES = {"b": 1.0}
for _letter, _power in zip("kmgt", range(1, 5), strict=True):
    _BYTES |= {_letter: 1000.0**_power, f"{_letter}b": 1000.0**_power}
    _BYTES[f"{_letter}ib"] = 1024.0**_power
_COUNTS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_GMACS = {"": 1.0} | {
    unit: factor
    for prefix, factor in {"k": 1e-6, "m": 1e-3, "g": 1.0, "t": 1e3}.items()
    for unit in (prefix, f"{prefix}mac", f"{prefix}macs")
}

FIELDS = {
    field.name: field
    for field in (
        Field("name", "text"),
        Field("model", "text"),
        Field("task", "text"),
        Field("plugin", "text", aliases=("distribution",)),
        Field("license", "text", aliases=("licence",)),
        Field("default", "text"),
        Field("measured", "text"),
        Field("digest", "text"),
        Field("date", "text"),
        Field("weights", "number", "higher"),
        Field("params", "number", "lower", _COUNTS, "30M", aliases=("parameters",)),
        Field("gmacs", "number", "lower", _GMACS, "4.1GMACs", aliases=("macs", "ops")),
        Field("size", "number", "lower", _BYTES, "100MB"),
        Field("ms", "number", "lower", {"": 1.0, "ms": 1.0, "s": 1000.0}, "20ms"),
    )
}
"""The fields that the catalogue's entries have, by name."""

_MEANT = {
    "accuracy": "acc@1",
    "top1": "acc@1",
    "top-1": "acc@1",
    "map": "box_map",
    "flops": "gmacs",
    "gflops": "gmacs",
    "bytes": "size",
    "latency": "ms",
    "speed": "ms",
}


def fields_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    """The fields that at least one row has, by name.

    Args:
        rows: the facts of all models, or of all weights.
    """
    found: dict[str, Field] = {}
    values: dict[str, dict[str, str]] = {}
    for row in rows:
        for name, value in row.items():
            if name not in found:
                found[name] = FIELDS.get(name) or _of_metric(name)
            if isinstance(value, str):
                values.setdefault(name, {})[value.lower()] = value
    for name, texts in values.items():
        found[name] = found[name]._replace(values=texts)
    if "license" in values:
        sets = _license_classes(values["license"].values())
        found["license"] = found["license"]._replace(sets=sets)
    return found


def _license_classes(licenses: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Licences by class: ``permissive``, ``non-commercial``, ``not-stated``, ..."""
    sets: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(CLASSES), ())
    for license in licenses:
        for kind in _classes_of(license):
            sets[kind] += (license,)
    return sets


def _classes_of(license: str) -> list[str]:
    if license.lower() == "unknown":
        return ["not-stated"]
    if "://" in license:
        return ["other"]

    def is_of(kind: str) -> bool:
        return spdx.holds(license, lambda names: spdx.class_of(names[-1]) == kind)

    return [kind for kind in CLASSES if is_of(kind)]


def find_field(name: str, fields: Mapping[str, Field]) -> Field | list[str]:
    """The field that a name in any case means, or the names that may have been meant."""
    lower = name.lower()
    for field in fields.values():
        if lower == field.name.lower() or lower in field.aliases:
            return field
    import difflib

    by_lower = {known.lower(): known for known in fields}
    close = [by_lower[match] for match in difflib.get_close_matches(lower, by_lower, n=3)]
    meant = _MEANT.get(lower, "")
    return close or ([meant] if meant in fields else [])


def _of_metric(name: str) -> Field:
    metric = metric_of(name)
    if metric is None:
        return Field(name, "number", example="80", bounds=(-math.inf, math.inf))
    units = {"": 1.0, metric.unit: 1.0}
    better = "higher" if metric.higher_is_better else "lower"
    return Field(name, "number", better, units, "80", metric.bounds)
