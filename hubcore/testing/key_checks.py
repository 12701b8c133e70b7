"""The check of a catalogue's keys: one that is misspelt would be ignored, and nobody told."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .checks import SCHEMA
from .subject import Fault, Finding, Subject

__all__ = ["check_keys"]

_OPEN = ("meta",)
"""Objects in which authors state facts of their own: only what looks misspelt is a fault."""


def check_keys(subject: Subject) -> Iterator[Finding]:
    """Every key of the catalogue is one that the format has, or begins with an underscore."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    yield from _unknown(subject.data, schema, schema, "", "catalogue")


def _unknown(
    data: Any, rule: Any, schema: Mapping[str, Any], where: str, kind: str
) -> Iterator[Finding]:
    if not isinstance(rule, Mapping):
        return
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        yield from _unknown(data, schema["$defs"][name], schema, where, name)
        return
    for choice in rule.get("oneOf", ()):
        yield from _unknown(data, choice, schema, where, kind)
    if isinstance(data, list):
        for number, item in enumerate(data):
            yield from _unknown(item, rule.get("items"), schema, f"{where}[{number}]", kind)
    if not isinstance(data, dict):
        return
    known, others = rule.get("properties"), rule.get("additionalProperties")
    for key, value in data.items():
        place = f"{where}.{key}" if where else str(key)
        if known and key in known:
            yield from _unknown(value, known[key], schema, place, kind)
        elif isinstance(others, Mapping):
            yield from _unknown(value, others, schema, place, kind)
        elif known and others is None and not str(key).startswith("_"):
            yield from _fault(str(key), known, place, kind)


def _fault(key: str, known: Mapping[str, Any], place: str, kind: str) -> Iterator[Finding]:
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.75)
    if close:
        yield Fault(place, f"is no key of the format and is ignored: '{key}'", f'"{close[0]}"?')
    elif kind not in _OPEN:
        yield Fault(
            place,
            f"is no key of the format and is ignored: '{key}'",
            f'leave it out, or call it "_{key}" if it is for yourself',
        )
