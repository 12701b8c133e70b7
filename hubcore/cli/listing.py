"""``hub list``: list the models of all installed packages, or their weights."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ..catalogs import queries
from ..catalogs.catalog import ModelEntry
from ..catalogs.facts import (
    Facts,
    default_weights,
    digest_of,
    facts,
    states_of,
)
from ..catalogs.metrics import figure
from ..catalogs.names import find_model, find_weights
from ..catalogs.rows import model_rows, weights_rows
from .output import Column, print_json, print_table
from .terminal import paged
from .units import counted, counted_weights, parse_count, size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub list
  hub list 'resnet*' --sort acc@1 --limit 3
  hub list --task object-detection --where "box_map > 40 and params < 50M"
  hub list --weights 'resnet50*'          weights, those of other packages for it as well
  hub list --plugin hub-video --json
  hub list --where "size < 20MB" -q       only the names
  hub list --where "license in permissive"
  hub list --index https://example.org/hub/     what a site says that packages offer
  hub list --weights --where "measured = reproduced"
  HUBCORE_LICENSES="deny=non-commercial,not-stated" hub list --allowed
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
    parser.add_argument("--weights", action="store_true", help="list weights instead of models")
    parser.add_argument("--task", help="only what is for this task, such as object-detection")
    parser.add_argument("--plugin", help="only what this plugin offers")
    parser.add_argument(
        "--where",
        metavar="FILTER",
        help='only what matches, such as "acc@1 > 80 and params < 30M"; the figures of a model '
        "are those of its default weights",
    )
    parser.add_argument(
        "--sort",
        metavar="FIELD",
        help="sort by a field, such as acc@1, the better first; 'FIELD:asc' for the lowest first",
    )
    parser.add_argument(
        "--allowed",
        action="store_true",
        help="only what the rules for licences allow (docs/licenses.md); of a model, its default "
        "weights count",
    )
    parser.add_argument(
        "--index",
        metavar="URL",
        action="append",
        help="list what a site (https, or a folder) says that packages offer, instead of what is "
        "installed; several may be given",
    )
    parser.add_argument("--limit", type=parse_count, metavar="N", help="show only the first N")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("-q", "--quiet", action="store_true", help="print only the names")
    output.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    if args.index:
        rows = _offered(args)
    else:
        rows = _weights(args) if args.weights else _models(args)
    total = len(rows)
    names = list(rows)[: args.limit]
    if args.json:
        print_json([{**rows[name], **_details(name, args)} for name in names])
    elif args.quiet:
        print("".join(f"{name}\n" for name in names), end="")
    elif not rows:
        print("No weights match." if args.weights else "No model matches.")
    else:
        with paged():
            _print(names, rows, args.weights)
            lacking = [(name, rows[name]["lacks"]) for name in names if "lacks" in rows[name]]
            for name, lacks in lacking:
                print(f"{name} is not available: it needs {lacks}")
            count = counted_weights(total) if args.weights else counted(total, "model")
            print(f"\n{count}" if total == len(names) else f"\n{len(names)} of {count}")
    return 0


def _models(args: argparse.Namespace) -> dict[str, Facts]:
    entries = queries.models(args.pattern, task=args.task, plugin=args.plugin)
    if not entries and args.pattern:
        queries.check_patterns(args.pattern)
    if args.allowed:
        entries = {name: entry for name, entry in entries.items() if _is_allowed(entry)}
    rows = {name: {"name": name, **facts(entry)} for name, entry in entries.items()}
    return _selected(args, rows, model_rows)


def _weights(args: argparse.Namespace) -> dict[str, Facts]:
    rows = weights_rows(task=args.task, plugin=args.plugin)
    if args.pattern:
        models = queries.matching({row["model"] for row in rows.values()}, args.pattern)
        fitting, named = set(models), set(queries.matching(rows, args.pattern))
        rows = {n: row for n, row in rows.items() if n in named or row["model"] in fitting}
        if not rows:
            queries.check_patterns(args.pattern, weights=True)
    if args.allowed:
        rows = {name: row for name, row in rows.items() if _are_allowed(name)}
    return _selected(args, rows, weights_rows)


def _offered(args: argparse.Namespace) -> dict[str, Facts]:
    """What indexes say that packages offer, by canonical names."""
    from ..catalogs.offers import read_indexes
    from ..errors import HubError
    from ..packages.entry_points import normalise

    if args.allowed:
        raise HubError("--allowed and --index do not go together: an index has no evidence.")
    offers = read_indexes(args.index)
    everything = offers.weights if args.weights else offers.models
    rows = everything
    if args.pattern:
        bare = {name: name.rpartition("/")[2] for name in rows}
        named = set(queries.matching({*bare, *bare.values()}, args.pattern))
        rows = {n: row for n, row in rows.items() if n in named or bare[n] in named}
    for key, wanted in (("task", args.task), ("plugin", args.plugin and normalise(args.plugin))):
        if wanted is not None:
            rows = {n: row for n, row in rows.items() if row.get(key) == wanted}
    return _selected(args, rows, lambda: everything)


def _is_allowed(model: ModelEntry) -> bool:
    default = default_weights(model)
    return default is None or _are_allowed(
        f"{model.catalog.distribution}/{model.weights}.{default[0]}"
    )


def _are_allowed(weights: str) -> bool:
    from ..catalogs.gate import is_allowed
    from ..catalogs.licenses import evidence_of

    enum, _, member = weights.rpartition(".")
    entry = find_weights(enum)
    evidence = evidence_of(entry.catalog, entry.members[member])
    return is_allowed(f"{entry.canonical}.{member}", evidence)


def _selected(
    args: argparse.Namespace, rows: dict[str, Facts], everything: Callable[[], dict[str, Facts]]
) -> dict[str, Facts]:
    """The rows that the filter lets pass, sorted."""
    if args.where is None and args.sort is None:
        return rows
    from ..catalogs.matching import selected

    # Fields are those of all models, so that an empty selection makes none unknown.
    return selected(rows, everything().values(), args.where, args.sort)


def _print(names: list[str], rows: dict[str, Facts], weights: bool) -> None:
    last = Column("model", rank=4) if weights else Column("weights", right=True, rank=4)
    # A column only where a package has a record.
    measured = any(rows[name].get("measured", "not measured") != "not measured" for name in names)
    print_table(
        (
            [
                *_line(name, rows[name], weights),
                *([rows[name].get("measured", "")] if measured else []),
            ]
            for name in names
        ),
        [
            Column("weights" if weights else "model"),
            Column("task", cut="end", rank=6 if weights else 2),
            Column("params", right=True, rank=1),
            Column("metric", right=True),
            Column("size", right=True, rank=3),
            last,
            Column("plugin", cut="end", rank=5),
            *([Column("measured", rank=7)] if measured else []),
        ],
    )


def _line(name: str, row: Mapping[str, Any], weights: bool) -> list[str]:
    metric = next((field for field in HEADLINES if row.get(field) is not None), None)
    return [
        name,
        row.get("task", ""),
        f"{row['params'] / 1e6:.1f}M" if "params" in row else "",
        f"{metric} {figure(row[metric])}" if metric else "",
        size_of(row["size"]) if "size" in row else "",
        row["model"] if weights else str(row["weights"]),
        row["plugin"],
    ]


def _details(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """What only JSON has room for."""
    if args.index:
        return {}
    if args.weights:
        enum, _, member = name.rpartition(".")
        entry = find_weights(enum)
        data, catalog = entry.members[member], entry.catalog
    else:
        model = find_model(name)
        default = default_weights(model)
        if default is None:
            return {"digest": None, "metric_states": []}
        data, catalog = default[1], model.catalog
    states = [asdict(state) for state in states_of(catalog, data)]
    return {"digest": digest_of(data), "metric_states": states}
