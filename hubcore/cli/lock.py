"""``hub lock`` and ``hub sync``: exactly these weights, here and on every other machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..catalogs.known_files import KnownFiles
from ..errors import UnknownNameError
from ..store import default_store
from ..weights.enums import WeightsEnum, canonical_name
from ..weights.lockfile import (
    LockError,
    Lockfile,
    check_lock,
    from_entry,
    make_lock,
    read_lock,
    write_lock,
)
from ..weights.lookup import get_weight
from ..weights.selection import select_weights
from ..weights.value import Weights
from .output import print_json, print_table

__all__ = ["add_parser"]

DEFAULT = Path("hub.lock")

EXAMPLES_LOCK = """\
examples:
  hub lock resnet50 SSD300_VGG16_Weights.COCO_V1    write hub.lock
  hub lock                                          lock anew what is in it; without one, all
                                                    weights of the store
  HUBCORE_LOCK=hub.lock python serve.py             refuse anything else
"""

EXAMPLES_SYNC = """\
examples:
  hub sync               fetch what hub.lock names; what changed is locked anew, and told
  hub sync --frozen      fetch exactly what hub.lock says, or fail
"""


def add_parser(subparsers: Any) -> None:
    lock = subparsers.add_parser(
        "lock",
        help="write hub.lock: weights, digests, versions, preprocessing",
        description=__doc__,
        epilog=EXAMPLES_LOCK,
    )
    lock.add_argument("name", nargs="*", help="a model, weights, or a pattern of models")
    lock.add_argument("--all", action="store_true", help="all weights of the models")
    lock.add_argument("-o", "--output", type=Path, default=DEFAULT, metavar="FILE")
    lock.add_argument("--json", action="store_true", help="print JSON")
    lock.set_defaults(run=_lock)
    sync = subparsers.add_parser(
        "sync",
        help="fetch what hub.lock names",
        description=__doc__,
        epilog=EXAMPLES_SYNC,
    )
    sync.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    sync.add_argument("--frozen", action="store_true", help="fail where anything differs")
    sync.add_argument("--json", action="store_true", help="print JSON")
    sync.set_defaults(run=_sync)


def _lock(args: argparse.Namespace) -> int:
    store = default_store()
    if args.name or args.all:
        members = select_weights(args.name, every=args.all)
    elif args.output.exists():
        members = [get_weight(name) for name in read_lock(args.output).weights]
    else:
        known = KnownFiles()
        names = [k.name for entry in store.entries() for k in known.of(entry.sha256)]
        members = select_weights(names)
    if not members:
        raise LockError("There is nothing to lock: name models or weights.")
    lock = make_lock(_by_name(members), store)
    write_lock(lock, args.output)
    if args.json:
        print_json({name: entry._asdict() for name, entry in lock.weights.items()})
    else:
        _print(lock)
        print(f"\n{len(lock.weights)} weights locked in {args.output}")
    return 0


def _sync(args: argparse.Namespace) -> int:
    store = default_store()
    lock = read_lock(args.file)
    members: dict[str, Weights] = {}
    differences: list[str] = []
    for name in lock.weights:
        try:
            member = get_weight(name)
        except UnknownNameError as error:
            raise LockError(f"{args.file}: nothing here offers {name}. {error}") from None
        members[canonical_name(member)] = member.value
        differences += check_lock(lock, canonical_name(member), member.value)
    differences = list(dict.fromkeys(differences))
    if differences and args.frozen:
        raise LockError(f"{args.file} does not fit: {'; '.join(differences)}.")
    if differences:
        for difference in differences:
            print(f"hub: locked anew: {difference}", file=sys.stderr)
        lock = make_lock(members, store)
        write_lock(lock, args.file)
    files = [from_entry(lock.weights[name], weights.file) for name, weights in members.items()]
    results = dict(zip(members, store.get_many(files), strict=True))
    failed = 0
    for name, result in results.items():
        if isinstance(result, Exception):
            failed += 1
            print(f"hub: {name}: {result}", file=sys.stderr)
    if args.json:
        print_json(
            {
                name: None if isinstance(result, Exception) else str(result)
                for name, result in results.items()
            }
        )
    else:
        _print(lock)
        print(f"\n{len(members) - failed} of {len(members)} weights are here as {args.file} says")
    return 1 if failed else 0


def _by_name(members: Iterable[WeightsEnum]) -> dict[str, Weights]:
    return {canonical_name(member): member.value for member in members}


def _print(lock: Lockfile) -> None:
    print_table(
        ([name, entry.sha256[:12]] for name, entry in lock.weights.items()), ["weights", "sha256"]
    )
