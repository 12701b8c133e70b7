"""``hub lock``: pin weights exactly, for this and every other machine."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from .. import settings
from ..catalogs.known_files import KnownFiles
from ..store import default_store
from ..weights.enums import canonical_name
from ..weights.lockfile import (
    LockError,
    Lockfile,
    make_lock,
    read_lock,
    write_lock,
)
from ..weights.lookup import get_weight
from ..weights.selection import select_weights
from .output import print_json, print_table

__all__ = ["add_parser", "print_lock", "run"]

DEFAULT = Path("hub.lock")

EXAMPLES = """\
examples:
  hub lock resnet50 SSD300_VGG16_Weights.COCO_V1    write hub.lock
  hub lock                                          update hub.lock; if there is none, lock all
                                                    weights in the store
  HUBCORE_LOCK=hub.lock python serve.py             refuse all other weights
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "lock",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("name", nargs="*", help="a model, weights, or a pattern of models")
    parser.add_argument(
        "--all", action="store_true", help="all weights of the models, not only the default ones"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=DEFAULT,
        metavar="FILE",
        help="the lock file (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    os.environ.pop("HUBCORE_LOCK", None)  # it may name the file that is made here
    settings.check()
    store = default_store()
    if args.name or args.all:
        members = select_weights(args.name, every=args.all)
    elif args.output.exists():
        members = [get_weight(name) for name in read_lock(args.output).weights]
    else:
        known = KnownFiles().by_digest(store)
        names = [k.name for entry in store.entries() for k in known.get(entry.sha256, ())]
        members = select_weights(names)
    if not members:
        raise LockError("There is nothing to lock: give models or weights.")
    lock = make_lock({canonical_name(member): member.value for member in members}, store)
    write_lock(lock, args.output)
    if args.json:
        print_json({name: entry._asdict() for name, entry in lock.weights.items()})
    else:
        print_lock(lock)
        print(f"\n{len(lock.weights)} weights locked in {args.output}")
    return 0


def print_lock(lock: Lockfile) -> None:
    """Prints the weights of a lock file and their digests as a table."""
    print_table(
        ([name, entry.sha256[:12]] for name, entry in lock.weights.items()), ["weights", "sha256"]
    )
