"""``hub lock``: pin weights exactly, for this and every other machine."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from .. import settings
from ..atomic_write import check_writable
from ..catalogs.known_files import KnownFiles
from ..store import default_store
from ..weights.enums import canonical_name
from ..weights.lockfile import (
    LockError,
    Lockfile,
    added,
    changes,
    make_lock,
    read_lock,
    write_lock,
)
from ..weights.lookup import get_weight
from ..weights.selection import select_weights
from .arguments import path
from .output import print_json, print_table
from .streams import say
from .units import counted_weights

__all__ = ["add_parser", "print_lock", "run"]

DEFAULT = Path("hub.lock")

EXAMPLES = """\
examples:
  hub lock resnet50 SSD300_VGG16_Weights.COCO_V1    write hub.lock
  hub lock --add vit_b_16                           add to hub.lock, and keep all it holds
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
        type=path,
        default=DEFAULT,
        metavar="FILE",
        help="the lock file (default: %(default)s)",
    )
    parser.add_argument(
        "--add", action="store_true", help="keep what the lock file holds, and add these"
    )
    parser.add_argument(
        "-y", "--yes", action="store_true", help="replace what the lock file holds without asking"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    os.environ.pop("HUBCORE_LOCK", None)  # it may name the file that is made here
    settings.check()
    store = default_store()
    if args.add and not args.name:
        raise LockError("There is nothing to add: give models or weights.")
    try:
        check_writable(args.output)  # before anything is read or downloaded
    except OSError as error:
        raise LockError(f"Cannot write {args.output}: {error.strerror or error}.") from error
    old = _old(args.output, args.yes and not args.add)
    if args.name or args.all:
        members = select_weights(args.name, every=args.all)
    elif old is not None:
        members = [get_weight(name) for name in old.weights]
    else:
        known = KnownFiles().by_digest(store)
        names = [k.name for entry in store.entries() for k in known.get(entry.sha256, ())]
        members = select_weights(names)
    if not members:
        raise LockError("There is nothing to lock: give models or weights.")
    lock = make_lock({canonical_name(member): member.value for member in members}, store)
    if old is not None:
        if args.add:
            lock = added(old, lock)
        _confirm(changes(old, lock), args)
    write_lock(lock, args.output)
    if args.json:
        print_json({name: entry._asdict() for name, entry in lock.weights.items()})
    else:
        print_lock(lock)
        print(f"\n{counted_weights(len(lock.weights))} locked in {args.output}")
    return 0


def _old(path: Path, replace: bool) -> Lockfile | None:
    """The lock file that is there already; None if there is none, or none that can be read."""
    if not os.path.exists(path):  # noqa: PTH110  # false for a name that no file can have
        return None
    try:
        return read_lock(path)
    except LockError:
        if replace:
            return None
        raise


def _confirm(changed: list[str], args: argparse.Namespace) -> None:
    """Shows what would change or vanish, and asks; without a terminal only --yes allows it."""
    if not changed or args.yes:
        return
    say("\n  ".join([f"{args.output} would change:", *changed]))
    if sys.stdin.isatty() and sys.stderr.isatty():
        print("Replace it? [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("y", "yes"):
            return
        if not answer.endswith("\n"):
            print(file=sys.stderr)  # the input ended
    raise LockError(
        f"{args.output} was left as it is. To keep what it holds and add to it: hub lock --add "
        "NAME...; to replace it: --yes"
    )


def print_lock(lock: Lockfile) -> None:
    """Prints the weights of a lock file and their digests as a table."""
    print_table(
        ([name, entry.sha256[:12]] for name, entry in lock.weights.items()), ["weights", "sha256"]
    )
