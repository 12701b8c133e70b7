"""The check of the records that a package ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..catalogs.catalog import LABELS
from ..catalogs.facts import published_digest, states_of
from ..catalogs.index import current
from ..catalogs.records import Record, read_shipped
from ..errors import CatalogError
from .checks import NEEDS_JSONSCHEMA, schema_errors
from .subject import Fault, Finding, Skipped, Subject

__all__ = ["check_records"]

SCHEMA = LABELS.parent / "record.schema.json"
_REMEDY = "run 'hub evaluate ... --record FILE' again, and ship what it wrote"


def check_records(subject: Subject) -> Iterator[Finding]:
    """Every record is whole, of the weights it is listed for, and bears their figures out."""
    catalog = subject.catalog
    if catalog is None:
        return
    for file in catalog.records:
        where = f"records.{file}"
        try:
            record = read_shipped(catalog, file)
        except CatalogError as error:
            yield Fault(where, str(error), _REMEDY)
            continue
        yield from _against_schema(where, record.content)
        yield from _against_weights(subject, where, record)


def _against_schema(where: str, content: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        errors = [*schema_errors(SCHEMA, content)]
    except ImportError:
        yield Skipped(where, NEEDS_JSONSCHEMA)
        return
    for error in errors:
        place = ".".join(map(str, error.absolute_path)) or "record"
        yield Fault(where, f"{place}: {error.message[:200]}", _REMEDY)


def _against_weights(subject: Subject, where: str, record: Record) -> Iterator[Finding]:
    digest = record.content["weights_sha256"]
    entries = [entry for group in current().weights.values() for entry in group]
    found = [
        (entry, name, data)
        for entry in entries
        for name, data in entry.members.items()
        if published_digest(data) == digest
    ]
    if not found:
        yield Skipped(where, "no installed package offers weights with its digest")
    for entry, name, data in found:
        if record.content["preprocessing"] != entry.catalog.reference(data["transforms"]).to_json():
            other = f"{entry.canonical}.{name}"
            yield Fault(where, f"was measured with other preprocessing than {other} has", _REMEDY)
        elif entry.catalog.distribution == subject.plugin.distribution:
            for one in states_of(entry.catalog, data):
                if one.record == record.path and one.state == "differs":
                    figures = f"{one.value:g} in it, and {one.published:g} in the catalogue"
                    problem = f"{one.metric} is {figures} ({one.dataset})"
                    yield Fault(where, problem, "publish what was measured")
