"""``hub card``: write the model card of weights, in which each statement has a source."""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli.arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub card ResNet50_Weights.IMAGENET1K_V2 --output README.md
  hub card resnet50 --json             of its default weights
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("card", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("weights", metavar="WEIGHTS", help="weights, or a model with default ones")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=path, help="the file to write (default: print it)"
    )


def run(args: argparse.Namespace) -> int:
    import json

    from hubcore.errors import HubError

    from ..card import card, to_json, to_markdown
    from ..output import write
    from ..subjects import named

    subjects = named([args.weights])
    if len(subjects) != 1:
        names = ", ".join(subject.bare_name for subject in subjects)
        raise HubError(f"A card is of one set of weights; '{args.weights}' are several: {names}")
    made = card(subjects[0])
    if args.json:
        write(json.dumps(to_json(made), indent=2, ensure_ascii=False) + "\n", args.output)
    else:
        write(to_markdown(made), args.output)
    return 0
