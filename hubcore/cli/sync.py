"""``hub sync``: download the weights in hub.lock."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import UnknownNameError
from ..store import default_store
from ..weights.enums import canonical_name
from ..weights.lockfile import LockError, check_lock, from_entry, make_lock, read_lock, write_lock
from ..weights.lookup import get_weight
from ..weights.value import Weights
from .arguments import path
from .lock import DEFAULT, print_lock
from .output import print_json
from .streams import say

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub sync               download the weights in hub.lock; report and lock again what changed
  hub sync --frozen      download exactly what hub.lock says, or fail
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "sync",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "file", nargs="?", type=path, default=DEFAULT, help="the lock file (default: %(default)s)"
    )
    parser.add_argument("--frozen", action="store_true", help="fail if anything differs")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    store = default_store()
    lock = read_lock(args.file)
    members: dict[str, Weights] = {}
    differences: list[str] = []
    for name in lock.weights:
        try:
            member = get_weight(name)
        except UnknownNameError as error:
            raise LockError(f"{args.file}: no installed package offers {name}. {error}") from None
        members[canonical_name(member)] = member.value
        differences += check_lock(lock, canonical_name(member), member.value)
    differences = list(dict.fromkeys(differences))
    if differences and args.frozen:
        raise LockError(
            f"The weights differ from {args.file}: {'; '.join(differences)}. To lock them again: "
            f"hub sync {args.file}"
        )
    if differences:
        for difference in differences:
            say(f"hub: locked again: {difference}")
        lock = make_lock(members, store)
        write_lock(lock, args.file)
    files = [
        (name, file)
        for name, weights in members.items()
        for file in (from_entry(lock.weights[name], weights.file), *weights.files[1:])
    ]
    results: dict[str, Path | Exception] = {}
    for (name, _), result in zip(files, store.get_many([file for _, file in files]), strict=True):
        if name not in results or isinstance(result, Exception):
            results[name] = result
    failed = 0
    for name, result in results.items():
        if isinstance(result, Exception):
            failed += 1
            say(f"hub: {name}: {result}")
    if args.json:
        print_json(
            {
                name: None if isinstance(result, Exception) else str(result)
                for name, result in results.items()
            }
        )
    else:
        print_lock(lock)
        print(f"\n{len(members) - failed} of {len(members)} weights are here as in {args.file}")
    return 1 if failed else 0
