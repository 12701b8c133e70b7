"""Checks what a catalogue says of licences when it is read: every field has its type.

`hub check` judges what it says: whether SPDX expressions are valid, and sources complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..digests import is_prefix
from ..errors import CatalogError

__all__ = ["check_license_names", "check_licensing", "is_evidence", "is_parent"]

_STATES = ("stated", "repository", "not stated")
_SOURCE = frozenset({"title", "url", "summary", "date"})


def check_licensing(data: Mapping[str, Any], where: str) -> None:
    """Checks ``licenses``, ``datasets`` and ``evidence`` of a parsed catalogue.

    Raises:
        CatalogError: a value is not as it must be; the message says which.
    """
    for key, test, words in (
        ("licenses", _is_statement, "a statement: 'state', with 'spdx' or 'url', and 'source'"),
        ("datasets", _is_dataset, "a data set: 'title', 'url' and 'terms'"),
        ("evidence", is_evidence, "evidence: 'weights', 'code' and 'data'"),
    ):
        entries = data.get(key, {})
        if type(entries) is not dict:
            raise CatalogError(f'"{key}" must be an object', where)
        for name, entry in entries.items():
            if type(entry) is not dict or not test(entry):
                raise CatalogError(f"must be {words}", f"{where}: {key}.{name}")


def check_license_names(data: Mapping[str, Any], where: str) -> None:
    """Checks that all statements and evidence that a checked catalogue names are in it.

    Raises:
        CatalogError: a name is not; the message says which.
    """
    statements, shared = data.get("licenses", {}), data.get("evidence", {})
    references = {f"@{name}" for name in shared}

    def named(value: Any, place: str) -> None:
        if type(value) is str and value[1:] not in statements:
            raise CatalogError(f"there is no '{value[1:]}' in \"licenses\"", f"{where}: {place}")

    def check(evidence: Mapping[str, Any], place: str) -> None:
        for key in ("weights", "code"):
            named(evidence.get(key), f"{place}.{key}")
        for item in evidence.get("data", ()):
            if type(item) is dict:
                named(item.get("terms"), f"{place}.data")

    for name, dataset in data.get("datasets", {}).items():
        named(dataset.get("terms"), f"datasets.{name}")
    for name, evidence in shared.items():
        check(evidence, f"evidence.{name}")
    for name, weights in data.get("weights", {}).items():
        for member, entry in weights["members"].items():
            evidence = entry.get("evidence")
            if type(evidence) is str and evidence in references and "parent" not in entry:
                continue  # nearly all of thousands
            place = f"weights.{name}.members.{member}"
            if type(evidence) is dict:
                check(evidence, f"{place}.evidence")
            elif evidence is not None and evidence[1:] not in shared:
                message = f"there is no '{evidence[1:]}' in \"evidence\""
                raise CatalogError(message, f"{where}: {place}.evidence")
            parent = entry.get("parent")
            while parent is not None:
                place += ".parent"
                check(parent.get("evidence", {}), f"{place}.evidence")
                parent = parent.get("parent")


def is_evidence(value: Any) -> bool:
    """Whether a value is evidence, or the name of some."""
    if type(value) is str:
        return value[:1] == "@" and len(value) > 1
    return (
        type(value) is dict
        and _is_named(value.get("weights"))
        and _is_named(value.get("code"))
        and (
            "data" not in value
            or (type(value["data"]) is list and all(map(_is_item, value["data"])))
        )
        and ("data_source" not in value or _is_source(value["data_source"]))
        and _is_texts(value.get("data_looked", []))
    )


def is_parent(value: Any) -> bool:
    """Whether a value describes the weights that others were tuned from."""
    if type(value) is not dict or type(value.get("name")) is not str:
        return False
    digest, evidence = value.get("sha256"), value.get("evidence", {})
    return (
        (digest is None or (type(digest) is str and is_prefix(digest)))
        and type(evidence) is dict
        and is_evidence(evidence)
        and ("parent" not in value or is_parent(value["parent"]))
    )


def _is_named(value: Any) -> bool:
    if type(value) is str:
        return value[:1] == "@" and len(value) > 1
    return value is None or _is_statement(value)


def _is_statement(value: Any) -> bool:
    return (
        type(value) is dict
        and value.get("state") in _STATES
        and (
            value["state"] == "not stated"
            or (
                type(value.get("spdx", value.get("url"))) is str and _is_source(value.get("source"))
            )
        )
        and all(type(value.get(key, "")) is str for key in ("spdx", "url", "class"))
        and _is_texts(value.get("looked", []))
    )


def _is_source(value: Any) -> bool:
    return (
        type(value) is dict
        and "title" in value
        and value.keys() <= _SOURCE
        and all(type(item) is str for item in value.values())
    )


def _is_item(value: Any) -> bool:
    return (type(value) is str and value != "") or (
        type(value) is dict and type(value.get("name")) is str and _is_dataset(value)
    )


def _is_dataset(value: Any) -> bool:
    return (
        type(value) is dict
        and type(value.get("title", "")) is str
        and type(value.get("url", "")) is str
        and _is_named(value.get("terms"))
    )


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)
