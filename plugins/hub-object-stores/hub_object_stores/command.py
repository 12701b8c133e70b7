"""``hub push``: put the files of hub.lock into a bucket or a folder, as a mirror."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from typing import Any

from hubcore.cli.arguments import path
from hubcore.cli.lock import DEFAULT
from hubcore.cli.output import Column, harmless, print_json, print_table
from hubcore.cli.streams import say
from hubcore.cli.units import counted, size_of
from hubcore.download.progress import Progress

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub push s3://acme-weights             the files of hub.lock; prints the setting to use them
  hub push s3://acme-weights --dry-run   what would be sent
  hub push gs://acme/mirror site.lock    of another lock file
  hub push /mnt/weights                  into a folder
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("push", description=__doc__, epilog=EXAMPLES)
    parser.add_argument(
        "target", help="s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH or a folder"
    )
    parser.add_argument(
        "file", nargs="?", type=path, default=DEFAULT, help="the lock file (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent")
    parser.add_argument(
        "--replace", action="store_true", help="replace other bytes that are in a file's place"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from .pushing import push

    display = Progress("push")
    try:
        done = push(
            args.target,
            args.file,
            dry_run=args.dry_run,
            replace=args.replace,
            on_bytes=display.gained,
        )
    finally:
        display.close()
    failed = [file for file in done.files if file.state == "failed"]
    if args.json:
        print_json({"files": [f._asdict() for f in done.files], "mirrors": done.mirrors})
        return 1 if failed else 0
    print_table(
        (
            [f.weights, f.name, "" if f.size is None else size_of(f.size), f.state]
            for f in done.files
        ),
        ["weights", "file", Column("size", right=True), "state"],
    )
    for file in done.files:
        if file.reason:
            say(harmless(f"hub: {file.weights}: {file.state}: {file.reason}"))
    counts = Counter(file.state for file in done.files)
    print("\n" + ", ".join(f"{counted(n, 'file')} {state}" for state, n in counts.items()))
    if done.mirrors:
        pairs = " ".join(f"{prefix}={instead}" for prefix, instead in done.mirrors.items())
        print(f"To fetch from there: export HUBCORE_MIRRORS={shlex.quote(pairs)}")
    return 1 if failed else 0
