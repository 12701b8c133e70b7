"""Checks of what a catalogue claims: whether it can be true, and is the author's own."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogs.member_files import addresses_of, is_left_blank
from ..catalogs.metrics import impossible
from ..download.addresses import check_address
from ..download.public import hindrance
from ..errors import CatalogError, UnsafeAddressError
from .subject import Fault, Finding, Skipped, Subject

__all__ = ["check_fetchable", "check_metrics", "check_placeholders"]

# What the templates of `hub new` leave to be filled in.
_NO_CATEGORIES = ["first class", "second class"]
_NO_DOC = "What the model is, in a sentence or two."


def check_placeholders(subject: Subject) -> Iterator[Finding]:
    """Nothing is left of what `hub new` wrote to be filled in."""
    for member in subject.members:
        if is_left_blank(member.data):
            yield Fault(
                f"{member.where}.url",
                "is still the one that 'hub new' wrote",
                "write the address of your checkpoint and its digest, or let 'hub pack --project' "
                "write all",
            )
        categories = member.data.get("meta", {}).get("categories")
        if isinstance(categories, str) and subject.catalog and "." not in categories:
            try:
                categories = subject.catalog.named_list(categories.removeprefix("@"))
            except CatalogError:  # `check_names` reports it
                continue
        if categories == _NO_CATEGORIES:
            yield Fault(
                f"{member.where}.meta.categories",
                "are still those that 'hub new' wrote",
                "write the names of your classes, in the order of the model's outputs",
            )
    for model in subject.models:
        if model.data.get("doc") == _NO_DOC:
            yield Fault(
                f"models.{model.name}.doc",
                "is still the one that 'hub new' wrote",
                "say what the model is, in a sentence or two",
            )


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """Every published result is possible: within its metric's bounds, and with the others."""
    for member in subject.members:
        for dataset, results in (member.data.get("meta", {}).get("_metrics") or {}).items():
            where = f"{member.where}.meta._metrics.{dataset}"
            for name, problem, remedy in impossible(results):
                yield Fault(f"{where}.{name}" if name else where, problem, remedy)


def check_fetchable(subject: Subject) -> Iterator[Finding]:
    """Every address is one that users can fetch: no file of this machine, no reserved name."""
    from ..packages import hooks

    for member in subject.members:
        for url in addresses_of(member.data):
            try:
                check_address(url, other_schemes=lambda: bool(hooks.installed()))
            except UnsafeAddressError as error:
                yield Fault(member.where, str(error), _REMEDY)
                continue
            found = hindrance(url)
            if found is None:
                continue
            if found.certain:
                yield Fault(member.where, found.reason, _REMEDY)
            else:
                yield Skipped(member.where, found.reason)


_REMEDY = "publish the file, and write its address; or ship it in the package, as 'hub pack' does"
