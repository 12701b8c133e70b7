"""``hub search``: search for packages that are not installed, in what sites publish of them.

What a site says is data: nothing is run or installed by it, nor does it vouch for a package.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from .output import Column, harmless, print_json, print_table
from .units import counted, parse_count

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub search birds --index https://example.org/hub/     any site of 'hub site build'
  hub search resnet semantic --index site/ --json       or its folder
  hub search birds                                      in the sites of the setting 'indexes'
  hub list --index https://example.org/hub/ --where "acc@1 > 80"
"""

_SHOWN = 3  # names of what matches


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("search", description=__doc__, epilog=EXAMPLES)
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="a part of the name of a package, a model, weights or a task; all of them must match",
    )
    parser.add_argument(
        "--index",
        metavar="URL",
        action="append",
        default=[],
        help="a site's address (https) or folder; several may be given",
    )
    parser.add_argument("--installed", action="store_true", help="also packages that are installed")
    parser.add_argument("--limit", type=parse_count, metavar="N", help="show only the first N")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from ..catalogs import queries
    from ..catalogs.offers import read_indexes

    offers = read_indexes(_addresses(args))
    installed = {plugin.distribution for plugin in queries.plugins()}
    words = [word.lower() for word in args.words]
    found: list[dict[str, Any]] = []
    for package in offers.packages.values():
        is_installed = package.distribution in installed
        if is_installed and not args.installed:
            continue
        models = _of(package.distribution, offers.models.values())
        weights = _of(package.distribution, offers.weights.values())
        own = f"{package.distribution} {package.summary}"
        matching = [
            row["name"].rpartition("/")[2]
            for row in (*models, *weights)
            if _matches(words, own, row)
        ]
        if matching or _matches(words, own, {}):
            found.append(
                {
                    "distribution": package.distribution,
                    "version": package.version,
                    "summary": package.summary,
                    "models": len(models),
                    "weights": len(weights),
                    "matching": matching,
                    "installed": is_installed,
                    "install": package.install,
                    "index": package.source,
                }
            )
    found.sort(key=lambda one: (-len(one["matching"]), one["distribution"]))
    shown = found[: args.limit]
    if args.json:
        print_json(shown)
    elif not found:
        print(_nothing(words, args.installed))
    else:
        _print(shown, len(found))
    return 0


def _addresses(args: argparse.Namespace) -> list[str]:
    """The indexes that are named, or else those of the settings."""
    from .. import settings
    from ..errors import HubError

    found = args.index or list(settings.indexes())
    if not found:
        raise HubError(
            "There is no index to search: write --index URL, the address or folder of a site that "
            "'hub site build' made, or set HUBCORE_INDEXES."
        )
    return found


def _of(distribution: str, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["plugin"] == distribution]


def _matches(words: list[str], own: str, row: Mapping[str, Any]) -> bool:
    """Whether each word is part of what is said of a package and of one of its entries."""
    texts = [own, *(str(row.get(key, "")) for key in ("name", "model", "task"))]
    text = " ".join(texts).lower()
    return all(word in text for word in words)


def _nothing(words: list[str], installed: bool) -> str:
    what = "No package" if installed else "No package that is not installed"
    return f"{what} has anything like '{harmless(' '.join(words))}'." if words else f"{what} there."


def _print(packages: list[dict[str, Any]], count: int) -> None:
    print_table(
        (
            [
                package["distribution"],
                package["version"],
                package["models"],
                package["weights"],
                _some(package["matching"]),
                "installed" if package["installed"] else package["install"],
            ]
            for package in packages
        ),
        [
            Column("package"),
            Column("version", rank=3),
            Column("models", right=True, rank=1),
            Column("weights", right=True, rank=2),
            Column("matching", cut="end", rank=4),
            Column("to install it"),
        ],
    )
    number = counted(count, "package")
    print(f"\n{number}" if len(packages) == count else f"\n{len(packages)} of {number}")


def _some(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
