"""``hub catalog``: write, check, list, remove or trust a catalogue."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..catalogs.discovery import Plugin
from .arguments import path
from .output import Column, harmless, print_json, print_table
from .streams import say

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub catalog export torchgeo.models --builder ResNet18_Weights=resnet18 > catalog.json
  hub catalog validate acme_flowers/catalog.json
  hub catalog list                        models of your own, such as 'hub quantize' makes
  hub catalog rm mobilenet_v2_x86         no longer offer them
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "catalog",
        description=__doc__,
        epilog=EXAMPLES,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="write a catalogue of a module's weights enums")
    export.add_argument(
        "module",
        help="the module, such as torchgeo.models, which is imported; or MODULE:FUNCTION, a "
        "function of yours that yields a dict for each weights",
    )
    export.add_argument(
        "--builder",
        action="append",
        default=[],
        metavar="ENUM=MODEL",
        help="the model that an enum's members fit, if no function of the module tells",
    )
    export.add_argument(
        "--task",
        default="image-classification",
        help="the task of the models (default: %(default)s)",
    )
    export.add_argument("--output", type=path, help="write to this file instead of printing")
    export.set_defaults(action=run_export)
    validate = actions.add_parser("validate", help="check a file against the catalogue schema")
    validate.add_argument("file", type=path, help="the catalogue file")
    validate.set_defaults(action=run_validate)
    trust = actions.add_parser(
        "trust", help="let a catalogue, as it is now, name any Python code, as a package's may"
    )
    trust.add_argument("file", type=path, help="the file, in the store's catalogs folder")
    trust.set_defaults(action=run_trust)
    listing = actions.add_parser(
        "list", help="list the catalogues of your own: made by hub quantize, or from bundles"
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(action=run_list)
    remove = actions.add_parser("rm", help="remove catalogues of your own; their files are kept")
    remove.add_argument("name", nargs="+", help="a catalogue or one of its models, as listed")
    remove.set_defaults(action=run_rm)


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def run_export(args: argparse.Namespace) -> int:
    """Runs ``hub catalog export``. Returns the exit code."""
    from ..authoring.export import ExportError, dumps, export_module
    from ..errors import MissingDependencyError

    sys.path.insert(0, "")  # finds modules in the current folder, as `python -m` does
    name, colon, function = args.module.partition(":")
    try:
        module = __import__(name, fromlist=["*"])
    except ModuleNotFoundError as error:
        missing = error.name or name
        raise MissingDependencyError(
            f"The module '{missing}' is not installed, nor is it in the current folder.", missing
        ) from None
    except Exception as error:
        raise ExportError(f"The module '{name}' cannot be imported: {error}.") from error
    if colon:
        if args.builder:
            args.usage_error("--builder is for enums: a function's dicts name their 'model'")
        catalog = _export_rows(module, function, args.task)
    else:
        builders = dict(_pair(text) for text in args.builder)
        catalog = export_module(module, builders, args.task, lambda line: say(f"hub: {line}"))
    text = dumps(catalog)
    if args.output:
        args.output.write_text(text + "\n", "utf-8")
    else:
        print(text)
    return 0


def _export_rows(module: Any, function: str, task: str) -> dict[str, Any]:
    from ..authoring.export import ExportError
    from ..authoring.rows import export_rows

    found = getattr(module, function, None)
    if not callable(found):
        raise ExportError(f"The module '{module.__name__}' has no function '{function}'.")
    try:
        rows = list(found())
    except Exception as error:  # the author's function may raise anything
        raise ExportError(
            f"{module.__name__}:{function} fails with {type(error).__name__}: {error}."
        ) from error
    return export_rows(rows, task, lambda line: say(f"hub: {line}"))


def run_validate(args: argparse.Namespace) -> int:
    """Runs ``hub catalog validate``. Returns the exit code."""
    from ..testing import CHECKS, Subject

    faults = list(CHECKS["schema"](Subject.of_file(args.file)))
    for fault in faults:
        print(harmless(str(fault)))
    if not faults:
        print(f"{args.file} is a valid catalogue.")
    return 1 if faults else 0


def run_trust(args: argparse.Namespace) -> int:
    """Runs ``hub catalog trust``. Returns the exit code."""
    from ..catalogs.allowed import references, refused, trust
    from ..catalogs.catalog import Catalog
    from ..errors import StoreError

    catalog = Catalog.read(args.file, args.file.stem)
    try:
        trust(args.file)
    except StoreError:  # says it all
        raise
    except OSError as error:
        raise StoreError(f"Cannot note that {args.file} is trusted: {error.strerror}.") from error
    print(f"{args.file} is trusted as it is now. It may run:")
    for target in sorted({found.target for found in references(catalog.data) if refused(found)}):
        print(harmless(f"  {target}"))
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Runs ``hub catalog list``. Returns the exit code."""
    rows = [
        {
            "name": path.stem,
            "models": sorted(plugin.catalog.models) if plugin and plugin.catalog else [],
            "weights": _members(plugin) if plugin else [],
            "status": plugin.status if plugin else "unread",
            "path": str(path),
        }
        for path, plugin in _own().items()
    ]
    if args.json:
        print_json(rows)
    elif not rows:
        print("There is no catalogue of your own. hub quantize and hub bundle import make some.")
    else:
        print_table(
            (
                [row["name"], ", ".join(row["models"]), len(row["weights"]), row["status"]]
                for row in rows
            ),
            [
                "catalogue",
                Column("models", cut="end"),
                Column("weights", right=True, rank=1),
                Column("status", rank=2),
            ],
        )
    return 0


def run_rm(args: argparse.Namespace) -> int:
    """Runs ``hub catalog rm``. Returns the exit code."""
    import difflib

    from ..catalogs.index import refresh
    from ..errors import StoreError, UnknownNameError

    own = _own()
    chosen = {}
    for name in args.name:
        bare = name.rpartition("/")[2]
        found = [
            path
            for path, plugin in own.items()
            if path.stem == name or (plugin and plugin.catalog and bare in plugin.catalog.models)
        ]
        if not found:
            names = [path.stem for path in own]
            close = difflib.get_close_matches(name, names, n=3)
            raise UnknownNameError(
                "catalogue of your own", name, close, hint="See hub catalog list."
            )
        chosen.update(dict.fromkeys(found))
    for file in chosen:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"Cannot remove {file}: {error.strerror}.") from error
        print(harmless(f"removed: {file.stem}"))
    refresh()
    return 0


def _own() -> dict[Path, Plugin | None]:
    """The catalogues in the user's folder, and the plugins that they are."""
    import warnings

    from .. import settings
    from ..catalogs import queries
    from ..errors import PluginWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the table shows it
        plugins = {plugin.path: plugin for plugin in queries.plugins()}
    folder = settings.catalogs_folder()
    paths = sorted(folder.glob("*.json")) if folder else []
    return {path: plugins.get(path) for path in paths}


def _members(plugin: Plugin) -> list[str]:
    if plugin.catalog is None:
        return []
    return [f"{e.name}.{member}" for e in plugin.catalog.weights.values() for member in e.members]


def _pair(text: str) -> tuple[str, str]:
    from ..authoring.export import ExportError

    enum, equals, model = text.partition("=")
    if not (enum and equals and model):
        raise ExportError(f"'{text}' is not an enum and a model: write --builder ENUM=MODEL")
    return enum, model
