"""``hub licenses``: list the licences of weights, of the code and of the data, and who says so."""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli.arguments import path

from ..subjects import add_choice

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub licenses resnet50 'vit_*'
  hub licenses --lock hub.lock
  hub licenses --lock --notice -o NOTICE     the text to ship with the weights
  hub licenses --json
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("licenses", description=__doc__, epilog=EXAMPLES)
    add_choice(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--notice", action="store_true", help="print the text to ship")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=path, help="the file to write the notice to"
    )
    form.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from hubcore.catalogs.licenses import parent_json, to_json
    from hubcore.cli.output import print_json, print_table
    from hubcore.errors import HubError

    from ..notice import notice
    from ..output import write
    from ..subjects import locked, named

    if args.output and not args.notice:
        raise HubError("--output is for --notice.")
    if args.lock is not None and (args.name or args.all):
        raise HubError("Give names or --lock, not both.")
    if args.lock is not None:
        subjects = locked(args.lock)
    else:
        subjects = named(args.name, every=args.all or not args.name)
    if args.notice:
        write(notice(subjects), args.output)
    elif args.json:
        print_json(
            [
                {
                    "name": subject.name,
                    "sha256": subject.sha256 or None,
                    **to_json(subject.evidence),
                    "parent": parent_json(subject.evidence.parent)
                    if subject.evidence.parent
                    else None,
                }
                for subject in subjects
            ]
        )
    else:
        print_table(
            (
                [
                    subject.name,
                    subject.evidence.weights,
                    subject.evidence.code,
                    ", ".join(map(_in_short, subject.evidence.data)) or "not stated",
                ]
                for subject in subjects
            ),
            ["weights", "licence", "licence of the code", "training data and its terms"],
        )
    return 0


def _in_short(item: Any) -> str:
    """A data set and its terms, without the address that --json and --notice give."""
    return f"{item.title}: {item.terms.spdx or item.terms.kind or item.terms.state}"
