"""``hub bom``: write a bill of materials of weights, in CycloneDX.

It has their digests, licences with evidence, training data, metrics and parents, as far as they are
known; the same weights make the same bytes.
"""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli.arguments import path

from ..subjects import add_choice

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub bom resnet50 --output bom.cdx.json
  hub bom --lock hub.lock
  hub bom --cached                    what is in the store, which is the default
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("bom", description=__doc__, epilog=EXAMPLES)
    add_choice(parser)
    parser.add_argument("--cached", action="store_true", help="the files in the store")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=path, help="the file to write (default: print it)"
    )


def run(args: argparse.Namespace) -> int:
    from hubcore.errors import HubError

    from ..bom import bill, to_text
    from ..output import write
    from ..subjects import cached, locked, named

    by_name = bool(args.name or args.all)
    if by_name + (args.lock is not None) + args.cached > 1:
        raise HubError("Give names, --lock or --cached: one of them.")
    if by_name:
        text = to_text(bill(named(args.name, every=args.all)))
    elif args.lock is not None:
        text = to_text(bill(locked(args.lock)))
    else:
        text = to_text(bill(*cached()))
    write(text, args.output)
    return 0
