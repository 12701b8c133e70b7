"""What the commands of ``hub cache`` know of the store's files: what uses them, and filters."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..catalogs.fields import FIELDS, Field
from ..catalogs.known_files import KnownFiles
from ..catalogs.matching import matches
from ..catalogs.where import parse
from ..digests import is_prefix
from ..download.abandoned import Interrupted
from ..store import Entry, Store
from .streams import say

__all__ = ["FILTER_HELP", "Uses", "few", "filtered", "report_errors"]

FILTER_HELP = (
    'only files that match, such as "size > 100MB and unused" or "age > 30d or file = resnet*"; '
    "the fields are file, size, age, weights, known, unused and sha256"
)

_AGES = {"s": 1.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}
_FIELDS = {
    field.name: field
    for field in (
        Field("file", "text", aliases=("name",)),
        Field("sha256", "text"),
        Field("weights", "text", aliases=("used_by",)),
        Field("known", "text"),
        Field("unused", "flag"),
        FIELDS["size"],
        Field("age", "number", "lower", _AGES, "30d"),
    )
}


class Uses:
    """Finds the weights that use a file of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files = KnownFiles()
        self._known = self._files.by_digest(store)
        self._unchecked = self._files.by_unchecked(store)

    def names(self, entry: Entry) -> list[str]:
        return list(self.states(entry))

    def states(self, entry: Entry) -> dict[str, str]:
        """By the name of the weights, what says that this is their file."""
        found = {k.name: "not verified" for k in self._unchecked.get(entry.sha256, ())}
        for known in self._known.get(entry.sha256, ()):
            pin = self._store.pinned(known.file.urls[0])
            by_pin = pin and known.file.digest != entry.sha256
            found[known.name] = f"pin ({pin.by})" if pin and by_pin else "full digest"
        return found

    def of_partial(self, partial: Interrupted) -> dict[str, str]:
        """By the name of the weights, the published name of the file that was interrupted."""
        digest = partial.key.rpartition("-")[2]
        return {
            known.name: known.file.name
            for files in (self._known.values() if is_prefix(digest) else ())
            for known in files
            if (known.file.digest or "").startswith(digest)
        }

    def may_be_used(self, entry: Entry) -> bool:
        """Whether weights use it, or would if all of their digest were known."""
        return bool(self.states(entry) or self._files.agreeing(entry.sha256))


def filtered(entries: Iterable[Entry], uses: Uses, text: str | None) -> list[Entry]:
    """The files that match a filter, as `catalogs.where` reads it; all without one.

    A file of several names or weights matches if one of them does.

    Raises:
        QueryError: the filter is malformed, or names an unknown field.
    """
    if text is None:
        return list(entries)
    tree = parse(text, _FIELDS)
    return [entry for entry in entries if any(matches(tree, f) for f in _facts(entry, uses))]


def _facts(entry: Entry, uses: Uses) -> Iterable[Mapping[str, Any]]:
    states = uses.states(entry)
    for name in entry.names or ("",):
        for weights, known in (states or {"": "unknown"}).items():
            yield {
                "file": name,
                "sha256": entry.sha256,
                "weights": weights,
                "known": known,
                "unused": not states,
                "size": entry.size,
                "age": time.time() - entry.last_use,
            }


def few(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def report_errors(errors: Iterable[str | None]) -> int:
    """Prints the errors, and returns the exit code."""
    failed = [error for error in errors if error]
    for error in failed:
        say(f"hub: {error}")
    return 1 if failed else 0
