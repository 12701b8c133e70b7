"""``hub cache list``: the files of the store, and the downloads that were interrupted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..download.abandoned import Interrupted
from ..errors import StoreError
from ..store import Entry, default_store, upkeep
from .cache_files import Uses, few, filtered
from .output import Column, print_json, print_table
from .terminal import paged
from .units import age_of, counted, size_of

__all__ = ["list_files"]


def list_files(args: argparse.Namespace) -> int:
    """Prints them."""
    store = default_store()
    uses = Uses(store)
    entries = sorted(filtered(store.entries(), uses, args.filter), key=_order(args.sort, uses))
    partials = [] if args.filter else upkeep.interrupted_downloads(store)
    if args.quiet:
        print("".join(f"{entry.sha256}\n" for entry in entries), end="")
        return 0
    if args.json:
        print_json(
            [
                {
                    "sha256": entry.sha256,
                    "state": "complete",
                    "path": str(entry.path),
                    "size": entry.size,
                    "last_use": entry.last_use,
                    "used_by": uses.names(entry),
                    "known_by": uses.states(entry),
                    "names": list(entry.names),
                    "sources": list(entry.sources),
                    "derived": [str(path) for path in entry.derived],
                }
                for entry in entries
            ]
            + [_partial_json(partial, uses) for partial in partials]
        )
        return 0
    if not entries and not partials:
        _check_readable(store.root)
        print("No file matches." if args.filter else f"The store {store.root} is empty.")
        return 0
    with paged():
        print_table(
            [
                *([entry.sha256[:12], *_cells(entry, uses)] for entry in entries),
                *(["partial", *_partial_cells(partial, uses)] for partial in partials),
            ],
            [
                Column("sha256", colors={"partial": "yellow"}),
                Column("size", right=True),
                Column("last use", rank=2),
                Column("file", cut="end"),
                Column("used by", cut="end", rank=1),
                Column("known by", cut="end", rank=3),
            ],
        )
        total = sum(entry.size for entry in entries)
        made = sum(path.stat().st_size for entry in entries for path in entry.derived)
        converted = f" and {size_of(made)} of converted files" if made else ""
        left = (
            f", and {counted(len(partials), 'interrupted download')} of "
            f"{size_of(sum(partial.size for partial in partials))}"
            if partials
            else ""
        )
        files = counted(len(entries), "file")
        print(f"\n{files}, {size_of(total)}{converted}{left}, in {store.root}")
    return 0


def _check_readable(folder: Path) -> None:
    """Raises StoreError if a folder is there and cannot be read."""
    try:
        next(folder.iterdir(), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"The store {folder} cannot be read ({error.strerror}). Set HUBCORE_HOME to a folder "
            "of your own."
        ) from error


def _cells(entry: Entry, uses: Uses) -> list[str]:
    return [
        size_of(entry.size),
        age_of(entry.last_use),
        (entry.names[0] if entry.names else "") + (" + converted" if entry.derived else ""),
        few(uses.names(entry)),
        ", ".join(dict.fromkeys(uses.states(entry).values())),
    ]


def _partial_cells(partial: Interrupted, uses: Uses) -> list[str]:
    of = f" of {size_of(partial.total)}" if partial.total else ""
    known = uses.of_partial(partial)
    name = next(iter(known.values()), "")
    return [f"{size_of(partial.size)}{of}", age_of(partial.changed), name, few([*known]), ""]


def _partial_json(partial: Interrupted, uses: Uses) -> dict[str, Any]:
    known = uses.of_partial(partial)
    return {
        "sha256": None,
        "state": "partial",
        "path": str(partial.folder),
        "size": partial.size,
        "total": partial.total,
        "last_use": partial.changed,
        "used_by": [*known],
        "known_by": {},
        "names": sorted(set(known.values())),
        "sources": [],
        "derived": [],
    }


def _order(by: str, uses: Uses) -> Any:
    if by == "size":
        return lambda entry: -entry.size
    if by == "used":
        return lambda entry: -entry.last_use
    return lambda entry: (entry.names or ("",), entry.sha256)
