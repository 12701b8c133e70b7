"""``hub help``: show the help of hub, or of a command."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub help
  hub help list
  hub help cache prune
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("help", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("command", nargs="*", help="the command (default: all commands)")


def run(args: argparse.Namespace) -> int:
    from . import main

    return main([*args.command, "--help"])
