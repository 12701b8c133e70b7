"""``hub bundle``: pack weights into one file, for machines without a network."""

from __future__ import annotations

import argparse
from typing import Any

from ..catalogs.index import refresh
from ..catalogs.known_files import KnownFiles
from ..download.progress import Progress
from ..store import default_store
from ..weights.bundles import (
    Bundled,
    Imported,
    create_bundle,
    import_bundle,
    is_exported,
    read_bundle,
)
from ..weights.selection import select_weights
from .arguments import path
from .output import Column, print_json, print_table
from .streams import say
from .units import counted, counted_weights, size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub bundle create resnet50 ResNet18_Weights.IMAGENET1K_V1 -o weights.hub
  hub bundle list weights.hub
  hub bundle verify weights.hub
  hub bundle import weights.hub
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "bundle",
        description=__doc__,
        epilog=EXAMPLES,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    command = commands.add_parser("create", help="write a bundle, downloading what is missing")
    command.add_argument("name", nargs="+", help="a model, weights, or a pattern of models")
    command.add_argument(
        "--all", action="store_true", help="all weights of the models, not only the default ones"
    )
    command.add_argument(
        "-o", "--output", type=path, required=True, metavar="FILE", help="the bundle to write"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_create)
    command = commands.add_parser("import", help="put a bundle's files into the store, verified")
    command.add_argument("file", type=path, help="the bundle")
    command.add_argument(
        "--replace",
        action="store_true",
        help="replace entries that an earlier bundle brought and that differ",
    )
    command.add_argument(
        "--trust",
        action="store_true",
        help="you know who made it: believe its digests of files of which only the first digits "
        "are published, and let its catalogue name any Python code, as a package's may",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_import)
    for name, line, action in (
        ("list", "show what is in a bundle", _list),
        ("verify", "hash all files of a bundle; import nothing", _verify),
    ):
        command = commands.add_parser(name, help=line)
        command.add_argument("file", type=path, help="the bundle")
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(action=action)


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def _create(args: argparse.Namespace) -> int:
    names = create_bundle(select_weights(args.name, every=args.all), args.output, default_store())
    size = args.output.stat().st_size
    if args.json:
        print_json({"bundle": str(args.output), "size": size, "weights": names})
    else:
        for name in names:
            print(name)
        print(f"\n{counted_weights(len(names))}, {size_of(size)}, in {args.output}")
    return 0


def _import(args: argparse.Namespace) -> int:
    display = Progress("import", shown=not args.json)
    if args.file.is_file():
        display.expect(None, args.file.stat().st_size)
    try:
        imported = import_bundle(
            args.file,
            default_store(),
            display.gained,
            trust=args.trust,
            replace=args.replace,
        )
    finally:
        display.close()
    if args.json:
        print_json([item._asdict() | {"path": str(item.path)} for item in imported])
    else:
        print_table(([item.name, item.sha256[:12]] for item in imported), ["weights", "sha256"])
    exported = [file for file in read_bundle(args.file) if is_exported(file.name)]
    if exported and not args.trust:
        say(
            f"hub: {counted(len(exported), 'exported file')} for engines without torch "
            f"{'was' if len(exported) == 1 else 'were'} left out: nothing but the bundle says what "
            f"they are. If you trust whoever made it: hub bundle import {args.file} --trust"
        )
    unknown = _unknown(imported)
    if unknown:
        say(
            f"hub: of {', '.join(unknown)} only the first digits of the SHA-256 are published, or "
            "none, so a bundle's copy is not used. If you trust whoever made the bundle: "
            f"hub bundle import {args.file} --trust"
        )
    return 0


def _list(args: argparse.Namespace) -> int:
    _print(read_bundle(args.file), args)
    return 0


def _verify(args: argparse.Namespace) -> int:
    display = Progress("verify", shown=not args.json)
    if args.file.is_file():
        display.expect(None, args.file.stat().st_size)
    try:
        files = read_bundle(args.file, display.gained, verify=True)
    finally:
        display.close()
    _print(files, args)
    bad = [file for file in files if file.state != "ok"]
    for file in bad:
        text = f"{file.name} is {file.state}: copy {args.file} again from where it was made"
        say(f"hub: {text}")
    return 1 if bad else 0


def _print(files: list[Bundled], args: argparse.Namespace) -> None:
    if args.json:
        print_json([file._asdict() for file in files])
        return
    print_table(
        (
            [name, file.name, size_of(file.size), file.sha256[:12], file.state]
            for file in files
            for name in file.weights
        ),
        [
            "weights",
            Column("file", cut="end", rank=2),
            Column("size", right=True),
            Column("sha256", rank=1),
            Column("state", colors={"ok": "green", "damaged": "red", "missing": "red"}),
        ],
    )
    size = sum(file.size for file in files)
    print(f"\n{counted(len(files), 'file')}, {size_of(size)}, in {args.file}")


def _unknown(imported: list[Imported]) -> list[str]:
    """The weights whose file in the bundle is not known to be theirs."""
    refresh()
    known = KnownFiles().by_digest(default_store())
    return [
        item.name
        for item in imported
        if item.sha256
        not in {d for d, files in known.items() for f in files if f.name in item.name}
    ]
