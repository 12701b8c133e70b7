"""The data that a site publishes at fixed addresses: ``/api/v1/``, described by a JSON Schema."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hubcore.catalogs import offers
from hubcore.catalogs.offers import Offers, is_distribution

from .entries import Contents, Package
from .pages import Page

__all__ = ["SCHEMA", "class_lists", "documents", "dumps"]

SCHEMA = Path(__file__).parent / "api.schema.json"
"""The JSON Schema of the published data."""

_ROOT = "api/v1"


def documents(contents: Contents, lists: Mapping[str, str], others: Offers) -> Iterator[Page]:
    """All documents but the lists of classes.

    Args:
        contents: what is offered.
        lists: the addresses of lists of classes, by the canonical name of the weights.
        others: what other sites tell of packages that are not installed, which is told on.
    """
    yield Page(f"{_ROOT}/schema.json", SCHEMA.read_text("utf-8"))
    # A catalogue that a user added to the store's folder may have any name; it is no distribution.
    packages = [one for one in contents.packages.values() if is_distribution(one.distribution)]
    index = {
        "$schema": "schema.json",
        "schema": 1,
        "generator": "hub-site",
        "packages": [
            *(_package(package) for package in packages),
            *(_other(package, others) for package in others.packages.values()),
        ],
        "models": [
            *(
                {
                    **{key: value for key, value in model.row.items() if key != "lacks"},
                    "name": model.entry.name,
                }
                for model in contents.models
            ),
            *(_bare(row) for row in others.models.values()),
        ],
        "weights": [
            *({**weights.row, "name": weights.bare} for weights in contents.weights),
            *(_bare(row) for row in others.weights.values()),
        ],
    }
    yield Page(f"{_ROOT}/index.json", dumps(index))
    for package in packages:
        name = package.distribution
        details = {
            "$schema": "../schema.json",
            "schema": 1,
            **_package(package),
            "models_list": [m.to_json() for m in contents.models if m.distribution == name],
            "weights_list": [
                {**w.to_json(), "classes_list": _relative(lists.get(w.canonical))}
                for w in contents.weights
                if w.distribution == name
            ],
        }
        yield Page(f"{_ROOT}/packages/{package.slug}.json", dumps(details))


def class_lists(contents: Contents) -> tuple[list[Page], dict[str, str]]:
    """The lists of classes, each once, and the address of each weights' one by canonical name."""
    pages: dict[str, Page] = {}
    found: dict[str, str] = {}
    texts: dict[int, tuple[str, list[str]]] = {}
    for weights in contents.weights:
        names = weights.categories
        if not names:
            continue
        known = texts.get(id(names))  # a named list is the same object for all who name it
        if known is None:
            text = json.dumps(names, ensure_ascii=False, indent=0)
            known = texts[id(names)] = (text, names)
        mark = hashlib.sha256(known[0].encode()).hexdigest()[:12]
        address = f"{_ROOT}/classes/{mark}.json"
        pages.setdefault(address, Page(address, f"{known[0]}\n"))
        found[weights.canonical] = address
    return list(pages.values()), found


def dumps(value: Any) -> str:
    """JSON, compact, the same for the same value. A number like 1e999 becomes null."""

    def write(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    try:
        return write(value) + "\n"
    except ValueError:
        return write(_finite(value)) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _package(package: Package) -> dict[str, Any]:
    return {
        "distribution": package.distribution,
        "version": package.version,
        "summary": package.summary,
        "install": package.install,
        "models": package.models,
        "weights": package.weights,
        "details": f"packages/{package.slug}.json",
    }


def _other(package: offers.Package, others: Offers) -> dict[str, Any]:
    """What is told on of a package; the command is made here, whatever its index says."""
    name = package.distribution
    return {
        "distribution": name,
        "version": package.version,
        "summary": package.summary,
        "install": package.install,
        "models": sum(row["plugin"] == name for row in others.models.values()),
        "weights": sum(row["plugin"] == name for row in others.weights.values()),
    }


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "name": row["name"].rpartition("/")[2]}


def _relative(address: str | None) -> str | None:
    return address and f"../{address.removeprefix(_ROOT + '/')}"
