"""``hub list``: list the models of all installed packages."""

from __future__ import annotations

import argparse
from typing import Any

from ..catalogs import queries
from ..catalogs.facts import default_digest, facts
from .output import print_json, print_table
from .units import size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub list
  hub list 'resnet*' --sort acc@1
  hub list --task object-detection --where "box_map > 40 and params < 50M"
  hub list --plugin hub-video --json
"""

# The usual metric of each kind of model, in order of preference.
HEADLINES = ("acc@1", "mask_map", "kp_map", "box_map", "miou", "epe")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "list",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("pattern", nargs="*", help="the models to list, such as 'resnet*'")
    parser.add_argument("--task", help="only models of this task, such as object-detection")
    parser.add_argument("--plugin", help="only models of this plugin")
    parser.add_argument(
        "--where",
        metavar="FILTER",
        help='only models whose default weights match, such as "acc@1 > 80 and params < 30M"',
    )
    parser.add_argument(
        "--sort",
        metavar="FIELD",
        help="sort by a field, such as acc@1, the better first; 'FIELD:asc' for the lowest first",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    entries = queries.models(args.pattern, task=args.task, plugin=args.plugin)
    rows = {name: {"name": name, **facts(entry)} for name, entry in entries.items()}
    if args.where is not None or args.sort:
        from ..catalogs.fields import fields_of
        from ..catalogs.matching import matches, sort_key
        from ..catalogs.where import parse

        # Fields are those of all models, so that an empty selection makes none unknown.
        everything = queries.models().items()
        known = fields_of({"name": name, **facts(entry)} for name, entry in everything)
        if args.where is not None:
            tree = parse(args.where, known)
            rows = {name: row for name, row in rows.items() if matches(tree, row)}
        if args.sort:
            key = sort_key(args.sort, known)
            rows = dict(sorted(rows.items(), key=lambda item: key(item[1])))
    if args.json:
        print_json([{**row, "digest": default_digest(entries[name])} for name, row in rows.items()])
    elif rows:
        print_table(
            (_line(name, row) for name, row in rows.items()),
            ["model", "task", "params", "metric", "size", "weights", "plugin"],
        )
        print(f"\n{len(rows)} models")
    else:
        print("No model matches.")
    return 0


def _line(name: str, row: dict[str, Any]) -> list[str]:
    metric = next((field for field in HEADLINES if row.get(field) is not None), None)
    return [
        name,
        row["task"],
        f"{row['params'] / 1e6:.1f}M" if "params" in row else "",
        f"{metric} {row[metric]:g}" if metric else "",
        size_of(row["size"]) if "size" in row else "",
        str(row["weights"]),
        row["plugin"],
    ]
