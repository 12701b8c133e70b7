"""``hub lock`` and ``hub sync``: exactly these weights, here and on every other machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .. import registry
from ..errors import UnknownNameError
from ..known_files import KnownFiles, canonical_name, select_weights
from ..lockfile import (
    LockError,
    Lockfile,
    check_lock,
    from_entry,
    make_lock,
    read_lock,
    write_lock,
)
from ..store import default_store
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
        members = [registry.get_weight(name) for name in read_lock(args.output).weights]
    else:
        known = KnownFiles()
        names = [k.name for entry in store.entries() for k in known.of(entry.sha256)]
        members = select_weights(names)
    if not members:
        raise LockError("There is nothing to lock: name models or weights.")
    lock = make_lock(members, store)
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
    members = []
    differences = []
    for name in lock.weights:
        try:
            member = registry.get_weight(name)
        except UnknownNameError as error:
            raise LockError(f"{args.file}: nothing here offers {name}. {error}") from None
        members.append(member)
        differences += check_lock(lock, member)
    differences = list(dict.fromkeys(differences))
    if differences and args.frozen:
        raise LockError(f"{args.file} does not fit: {'; '.join(differences)}.")
    if differences:
        for difference in differences:
            print(f"hub: locked anew: {difference}", file=sys.stderr)
        lock = make_lock(members, store)
        write_lock(lock, args.file)
    files = [from_entry(lock.weights[canonical_name(m)], m.value.file) for m in members]
    results = store.get_many(files)
    failed = 0
    for member, result in zip(members, results, strict=True):
        if isinstance(result, Exception):
            failed += 1
            print(f"hub: {canonical_name(member)}: {result}", file=sys.stderr)
    if args.json:
        print_json(
            {
                canonical_name(member): None if isinstance(result, Exception) else str(result)
                for member, result in zip(members, results, strict=True)
            }
        )
    else:
        _print(lock)
        print(f"\n{len(members) - failed} of {len(members)} weights are here as {args.file} says")
    return 1 if failed else 0


def _print(lock: Lockfile) -> None:
    print_table(
        ([name, entry.sha256[:12]] for name, entry in lock.weights.items()), ["weights", "sha256"]
    )
