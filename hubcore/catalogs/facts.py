"""Facts about models: what `hub list` shows, sorts by and filters on.

The figures of a model are those of its default weights: the published metrics under their own names
(``acc@1``, ``box_map``, ``miou``, ``epe``, ...), ``params`` (number of parameters), ``ops`` (GFLOPs
as the catalogue counts them) and ``size`` (of the file, in MB).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..digests import digest_state
from ..errors import HubError
from .catalog import ModelEntry

__all__ = ["QueryError", "default_digest", "default_weights", "facts", "parse_where", "sort_key"]

_FIGURES = {"params": "num_params", "ops": "_ops", "size": "_file_size"}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "==": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CLAUSE = re.compile(r"\s*([\w@.\- ]+?)\s*(>=|<=|!=|==|=|>|<)\s*(.+?)\s*$")
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?)\s*([kmg]b|[kmbgt%]?)$", re.IGNORECASE)
_SUFFIXES = {"": 1.0, "%": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_SUFFIXES |= {"kb": 2**-10, "mb": 1.0, "gb": 2.0**10}  # sizes are in MB

Facts = dict[str, Any]


class QueryError(HubError, ValueError):
    """A filter or a sort order is malformed, or names an unknown field."""


def default_weights(model: ModelEntry) -> tuple[str, Mapping[str, Any]] | None:
    """The default weights of a model, or else the first ones of its enum.

    Returns:
        The member's name and its JSON object, or None if the model has no weights.
    """
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return None
    member = entry.default or next(iter(entry.members))
    return member, entry.members[member]


def default_digest(model: ModelEntry) -> str | None:
    """What is known of the SHA-256 of the default weights: ``full``, ``prefix`` or ``none``.

    None if the model has no weights.
    """
    default = default_weights(model)
    if default is None:
        return None
    from ..download.addresses import digest_in_name

    data = default[1]
    return digest_state(data.get("sha256") or digest_in_name(data["url"]))


def facts(model: ModelEntry) -> Facts:
    """The facts about a model by field name; fields that are not known are missing.

    ``task``, ``plugin`` (its distribution), ``default`` (the default member) and ``license`` are
    strings, ``weights`` is the number of its weights, and the figures are numbers.
    """
    found: Facts = {
        "task": model.task,
        "plugin": model.catalog.distribution,
        "weights": 0,
    }
    default = default_weights(model)
    if default is None:
        return found
    name, data = default
    meta = data.get("meta", {})
    found["weights"] = len(model.catalog.weights[str(model.weights)].members)
    found["default"] = name
    found["license"] = data.get("license", "unknown")
    for field, key in _FIGURES.items():
        if key in meta:
            found[field] = meta[key]
    for metrics in meta.get("_metrics", {}).values():
        for metric, value in metrics.items():
            found.setdefault(metric, value)
    return found


def parse_where(text: str, known: Iterable[str]) -> Callable[[Facts], bool]:
    """Turns ``"acc@1>80, params<30M"`` into a test of a model's facts.

    Args:
        text: comparisons, separated by commas, that must all hold. Numbers may end in K, M, B (or
            G) or T, sizes in KB, MB or GB. A model without the field does not match.
        known: the names of all fields.

    Returns:
        A function that takes the result of `facts` and tells whether the model matches.

    Raises:
        QueryError: the text is malformed, or a field is unknown.
    """
    fields = {field.lower(): field for field in known}
    tests: list[tuple[str, Callable[[Any, Any], bool], Any]] = []
    for clause in filter(None, (part.strip() for part in text.split(","))):
        match = _CLAUSE.match(clause)
        if match is None:
            raise QueryError(
                f"Cannot read '{clause}' in the filter. A filter is written as "
                f'"acc@1>80, params<30M".'
            )
        field = fields.get(match[1].lower())
        if field is None:
            raise QueryError(
                f"Unknown field '{match[1]}' in the filter. Known fields: "
                f"{', '.join(sorted(fields.values()))}."
            )
        tests.append((field, _OPERATORS[match[2]], _value(match[3])))
    if not tests:
        raise QueryError('The filter is empty. A filter is written as "acc@1>80, params<30M".')

    def matches(model: Facts) -> bool:
        return all(_holds(model.get(field), compare, value) for field, compare, value in tests)

    return matches


def sort_key(field: str, known: Iterable[str]) -> Callable[[Facts], tuple[bool, Any]]:
    """A key function that sorts facts by a field.

    Args:
        field: the field's name, for the highest first; ``NAME:asc`` for the lowest first. Models
            without a number in this field come last.
        known: the names of all fields.

    Raises:
        QueryError: the field or the order is unknown.
    """
    name, _, order = field.partition(":")
    fields = {f.lower(): f for f in known}
    if name.lower() not in fields or order not in ("", "asc", "desc"):
        raise QueryError(
            f"Cannot sort by '{field}'. Known fields: {', '.join(sorted(fields.values()))}; add "
            f"':asc' for the lowest first."
        )
    name = fields[name.lower()]
    sign = 1 if order == "asc" else -1

    def key(model: Facts) -> tuple[bool, Any]:
        value = model.get(name)
        if isinstance(value, (int, float)):
            return False, sign * value
        return True, 0

    return key


def _value(text: str) -> float | str:
    match = _NUMBER.match(text)
    return float(match[1]) * _SUFFIXES[match[2].lower()] if match else text.strip("\"'")


def _holds(value: Any, compare: Callable[[Any, Any], bool], wanted: float | str) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return compare(value.lower(), wanted.lower())
    if isinstance(value, (int, float)) and isinstance(wanted, float):
        return compare(value, wanted)
    return False
