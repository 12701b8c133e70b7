"""``hub download``: download weights into the store, verified."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..digests import digest_state
from ..store import RemoteFile, Store, default_store
from ..weights.enums import canonical_name
from ..weights.lockfile import locked_files
from ..weights.selection import select_weights
from .arguments import path
from .output import Column, print_json, print_table
from .published import make_folder, published_names, put
from .streams import say
from .units import size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub download resnet50                          the model's default weights
  hub download ResNet50_Weights.IMAGENET1K_V1    these weights
  hub download 'mobilenet*' --all                all weights of several models
  hub download resnet50 --output checkpoints/    also as files with their published names
  hub download --all --dry-run                   the size of all weights of all models

If a download is interrupted, run the command again to resume it.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "download",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("name", nargs="*", help="a model, weights, or a pattern of models")
    parser.add_argument(
        "--all",
        action="store_true",
        help="all weights of the models, not only the default ones; without names, of all models",
    )
    parser.add_argument(
        "--no-check-hash",
        action="store_true",
        help="accept files without a published digest, which cannot be verified",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="DIR",
        help="also put the files into this folder, under their published names",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be downloaded")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    if not args.name and not args.all:
        args.usage_error("give a model or weights, or use --all")
    if args.output is not None and args.dry_run:
        args.usage_error("--output writes files, which --dry-run does not")
    members = select_weights(args.name, every=args.all)
    sets = [locked_files(canonical_name(member), member.value) for member in members]
    files = [file for one in sets for file in one]
    published = published_names(files) if args.output is not None else {}
    if args.output is not None:
        make_folder(args.output)
    store = default_store()
    check_hash = not args.no_check_hash
    here = [store.held(file, check_hash=check_hash) for file in files]
    results: list[Path | Exception | None] = list(here)
    if not args.dry_run:
        try:
            results = [*store.get_many(files, check_hash=check_hash)]
        except KeyboardInterrupt:
            say("hub: what was downloaded is kept: the next try resumes")
            raise
    if args.output is not None:
        results = [
            result
            if not isinstance(result, Path)
            else put(result, args.output / published[file.urls[0]])
            for file, result in zip(files, results, strict=True)
        ]
    rows: list[dict[str, Any]] = []
    owners = [member for member, one in zip(members, sets, strict=True) for _ in one]
    for member, file, found, result in zip(owners, files, here, results, strict=True):
        row = {"name": canonical_name(member), "status": "here" if found else "fetched"}
        if member.value.further:
            row["file"] = file.name
        size = file.size or file.about
        if isinstance(result, Path):
            rows.append({**row, "size": result.stat().st_size, "path": str(result), "error": None})
        elif result is None:
            rows.append({**row, "status": "missing", "size": size, "path": None, "error": None})
        else:
            error = str(result)
            rows.append({**row, "status": "failed", "size": size, "path": None, "error": error})
    if args.json:
        print_json(rows)
    else:
        print_table(
            (
                [_label(row), row["status"], size_of(row["size"]) if row["size"] else "?"]
                + ([] if args.dry_run else [row["path"] or ""])
                for row in rows
            ),
            [
                "weights",
                Column("status", colors={"failed": "red"}),
                Column("size", right=True, rank=2),
                *([] if args.dry_run else [Column("path", cut="start", rank=1)]),
            ],
        )
        if args.dry_run:
            missing = sum(row["size"] or 0 for row in rows if row["status"] == "missing")
            print(f"\n{size_of(missing)} to download")
    if check_hash and not args.dry_run:
        _tell_of_first_use(store, files, here, results)
    for row in rows:
        if row["error"]:
            say(f"hub: {_label(row)}: {row['error']}")
    return 1 if any(row["error"] for row in rows) else 0


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['name']} {row['file']}" if "file" in row else str(row["name"])


def _tell_of_first_use(
    store: Store,
    files: Sequence[RemoteFile],
    here: Sequence[Path | None],
    results: Sequence[Path | Exception | None],
) -> None:
    for file, before, result in zip(files, here, results, strict=True):
        if before is None and isinstance(result, Path) and digest_state(file.digest) == "prefix":
            pin = store.pinned(file.urls[0])
            if pin is not None and pin.by == "first use":
                say(
                    f"hub: only the first {len(file.digest or '')} digits of the SHA-256 of "
                    f"{file.name} are published. It is pinned from now on to what its address "
                    f"served: {pin.sha256}"
                )
