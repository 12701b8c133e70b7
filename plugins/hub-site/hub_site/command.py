"""``hub site``: make a web site of what is installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub site build -o site/              then open site/index.html
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("site", description=__doc__, epilog=EXAMPLES)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write the site into a folder")
    build.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("site"),
        help="the folder; a site that is there is replaced (default: %(default)s)",
    )
    _add_choices(build)
    build.set_defaults(action=run_build)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name", default="hubcore", help="what the site is called (default: %(default)s)"
    )
    parser.add_argument(
        "--docs",
        metavar="DIR",
        type=Path,
        help="guides of your own, Markdown with an index.md, in place of hubcore's",
    )
    parser.add_argument("--no-docs", action="store_true", help="leave the guides out")
    parser.add_argument(
        "--repository",
        metavar="URL",
        help="where the repository can be read, for the guides' links to its files",
    )
    parser.add_argument(
        "--photo",
        metavar="FILE",
        type=Path,
        help="show what weights in the store give for this picture (runs them, with torch)",
    )


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def run_build(args: argparse.Namespace) -> int:
    """Runs ``hub site build``. Returns the exit code."""
    from hubcore.cli.streams import say
    from hubcore.cli.units import counted, counted_weights, size_of

    from .building import build

    guides = args.docs if args.docs is not None else not args.no_docs
    site = build(
        args.output,
        name=args.name,
        guides=guides,
        repository=args.repository,
        photo=args.photo,
    )
    for problem in site.problems:
        say(f"hub: warning: {problem}")
    made = f"{counted(site.models, 'model')}, {counted_weights(site.weights)}"
    print(f"{site.folder}: {counted(site.pages, 'page')}, {made}, {size_of(site.size)}")
    return 0
