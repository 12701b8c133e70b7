"""Whether facts match a filter's tree, and the order in which they are sorted."""

from __future__ import annotations

import fnmatch
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .fields import Field, fields_of, find_field
from .where import QueryError, Tree, parse

__all__ = ["matches", "selected", "sort_key"]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, wanted: value in wanted,
    "like": fnmatch.fnmatchcase,
}

Facts = Mapping[str, Any]


def selected(
    rows: dict[str, dict[str, Any]],
    everything: Iterable[Mapping[str, Any]],
    where: str | None = None,
    sort: str | None = None,
) -> dict[str, dict[str, Any]]:
    """The rows that a filter lets pass, sorted.

    Args:
        rows: the rows to choose from.
        everything: all rows: their fields are those that filter and order may name.
        where: a filter, as `where` describes it; None for all.
        sort: an order, as `sort_key` takes it; None to leave them as they are.

    Raises:
        QueryError: the filter or the order is malformed, or names an unknown field.
    """
    known = fields_of(everything)
    if where is not None:
        tree = parse(where, known)
        rows = {name: row for name, row in rows.items() if matches(tree, row)}
    if sort is not None:
        key = sort_key(sort, known)
        rows = dict(sorted(rows.items(), key=lambda item: key(item[1])))
    return rows


def matches(tree: Tree, facts: Facts) -> bool:
    """Whether facts match a filter.

    What is not known of a model is neither true nor false: it matches neither ``acc@1 > 80`` nor
    ``not acc@1 > 80``.

    Args:
        tree: what `where.parse` returned.
        facts: values by the fields' names.
    """
    return _truth(tree, facts) is True


def sort_key(order: str, fields: Mapping[str, Field]) -> Callable[[Facts], tuple[bool, Any]]:
    """A key function that sorts facts by a field.

    Args:
        order: the field's name, for the better first, or text by its letters; ``NAME:asc`` and
            ``NAME:desc`` for the lowest and the highest first. What lacks the field comes last.
        fields: all fields by name.

    Raises:
        QueryError: there is no such field or order, or it is not known which way is better.
    """
    name, colon, way = order.partition(":")
    found = find_field(name.strip(), fields)
    if not isinstance(found, Field):
        close = " or ".join(f"'{field}'" for field in found)
        meant = f" Did you mean {close}?" if close else ""
        raise QueryError(f"Cannot sort by '{name}'.{meant} Fields: {', '.join(sorted(fields))}.")
    if colon and way not in ("asc", "desc"):
        raise QueryError(
            f"Cannot sort in the order '{way}': write {found.name}:asc for the lowest first, or "
            f"{found.name}:desc for the highest."
        )
    if not way and found.kind == "number" and found.better is None:
        raise QueryError(
            f"Cannot sort by '{found.name}': whether more is better is not known. Write "
            f"{found.name}:desc for the highest first, or {found.name}:asc."
        )
    descending = way == "desc" if way else found.better == "higher" or found.kind == "flag"

    def key(facts: Facts) -> tuple[bool, Any]:
        value = facts.get(found.name)
        if isinstance(value, str):
            letters = [ord(letter) for letter in value.lower()]
            return False, [-letter for letter in letters] + [1] if descending else letters
        if value is None or math.isnan(value):
            return True, 0
        return False, -value if descending else value

    return key


def _truth(tree: Tree, facts: Facts) -> bool | None:
    if "not" in tree:
        inner = _truth(tree["not"], facts)
        return None if inner is None else not inner
    for word, decides in (("and", False), ("or", True)):
        if word in tree:
            found = [_truth(part, facts) for part in tree[word]]
            return decides if decides in found else None if None in found else not decides
    value, wanted = facts.get(tree["field"]), tree["value"]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        value, wanted = value.lower(), _lower(wanted)
    return _COMPARE[tree["op"]](value, wanted)


def _lower(wanted: Any) -> Any:
    return [text.lower() for text in wanted] if isinstance(wanted, list) else wanted.lower()
