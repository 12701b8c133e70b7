"""``hub cache``: list, verify, import and remove the files of the store."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..catalogs.known_files import KnownFiles
from ..digests import is_digest, is_prefix
from ..download.addresses import redact
from ..download.remote import RemoteFile
from ..errors import HubError, UnknownNameError
from ..store import Entry, Store, default_store, upkeep
from ..weights.selection import select_weights
from . import arguments
from .cache_files import FILTER_HELP, Uses, filtered, report_errors
from .cache_list import list_files
from .output import Column, harmless, print_json, print_table
from .streams import say
from .units import counted, parse_age, parse_size, size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub cache list                                 files, what uses them, when they were last used
  hub cache import resnet50-11ad3fa6.pth         add a file from anywhere, verified
  hub cache list --filter "size > 100MB and unused"
  hub cache rm resnet50 11ad3fa6                 remove files by weights, model, name or digest
  hub cache verify                               hash all files again, repair damaged ones
  hub cache prune --older-than 90d               show what would be removed ...
  hub cache prune --older-than 90d --yes         ... and remove it
  hub cache prune --max-size 20GB --unused --yes
  hub cache path resnet50                        the path of the file
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "cache",
        description=__doc__,
        epilog=EXAMPLES,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    command = commands.add_parser("list", help="list the files in the store")
    command.add_argument(
        "--sort",
        choices=["size", "used", "name"],
        default="name",
        help="the order (default: %(default)s)",
    )
    command.add_argument("--filter", metavar="FILTER", help=FILTER_HELP)
    command.add_argument("-q", "--quiet", action="store_true", help="print only the digests")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=list_files)

    command = commands.add_parser("import", help="add files or folders to the store, verified")
    command.add_argument(
        "path", nargs="+", type=arguments.path, help="a file, or a folder of files"
    )
    command.add_argument("--sha256", help="the digest to verify a single file against")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_import, usage_error=command.error)

    command = commands.add_parser("rm", help="remove files, or interrupted downloads")
    command.add_argument(
        "name", nargs="*", help="weights, models, names of files, or digests or their first digits"
    )
    command.add_argument("--partial", action="store_true", help="remove all interrupted downloads")
    command.add_argument("-y", "--yes", action="store_true", help="do not ask")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_rm, usage_error=command.error)

    command = commands.add_parser("verify", help="hash files again, and repair damaged ones")
    command.add_argument("name", nargs="*", help="weights or models (default: all files)")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_verify)

    command = commands.add_parser("prune", help="remove files; without --yes, only show which")
    command.add_argument(
        "--older-than",
        type=parse_age,
        metavar="AGE",
        help="remove files that were not used for this long, such as 90d",
    )
    command.add_argument(
        "--max-size",
        type=parse_size,
        metavar="SIZE",
        help="remove the least recently used files until the rest takes this much, such as 20GB",
    )
    command.add_argument(
        "--unused", action="store_true", help="remove files that no installed catalogue names"
    )
    command.add_argument("--filter", metavar="FILTER", help=FILTER_HELP)
    command.add_argument("--yes", action="store_true", help="really remove the files")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_prune)

    command = commands.add_parser("path", help="print the path of the store, or of a file in it")
    command.add_argument("name", nargs="?", help="weights or a model (default: the store)")
    command.set_defaults(action=_path)

    command = commands.add_parser(
        "pin", help="say what the SHA-256 of weights is, where all of it is not published"
    )
    command.add_argument("name", help="the weights")
    command.add_argument("sha256", help="the SHA-256, 64 hexadecimal digits")
    command.set_defaults(action=_pin)

    command = commands.add_parser(
        "forget", help="forget the digest noted for an address whose publisher changed the file"
    )
    command.add_argument("url", help="the address, or the name of weights")
    command.set_defaults(action=_forget)


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def _import(args: argparse.Namespace) -> int:
    from .cache_import import run

    return run(args)


def _rm(args: argparse.Namespace) -> int:
    if not args.name and not args.partial:
        args.usage_error("give weights, a model, a file or a digest, or use --partial")
    store = default_store()
    plan = {}
    for name in args.name:
        for entry in _named(name, store):
            plan[entry.sha256] = upkeep.removal_of(store, entry, "named")
    removals = [*plan.values()]
    if args.partial:
        removals += [
            upkeep.removal_of_partial(partial) for partial in upkeep.interrupted_downloads(store)
        ]
    size = sum(removal.size for removal in removals)
    if removals and not args.yes and sys.stdin.isatty() and sys.stderr.isatty():
        for removal in removals:
            say(f"{removal.what}  {size_of(removal.size)}")
        print(
            f"Remove {counted(len(removals), 'file')}? [y/N] ", end="", file=sys.stderr, flush=True
        )
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise HubError("Nothing was removed.")
    with store.writing():
        upkeep.remove(removals)
    if args.json:
        print_json([{"file": r.what, "reason": r.reason, "size": r.size} for r in removals])
    else:
        for removal in removals:
            print(harmless(f"removed: {removal.what}"))
        print(f"{len(removals)} removed, {size_of(size)} freed")
    return 0


def _named(name: str, store: Store) -> list[Entry]:
    """The files of the store that a digest, a file's name, weights or a model mean.

    Raises:
        HubError: the name means nothing, or nothing of it is in the store.
    """
    entries = list(store.entries())
    lower = name.lower()
    found = [
        entry
        for entry in entries
        if name in entry.names or (is_prefix(lower) and entry.sha256.startswith(lower))
    ]
    if found:
        return found
    if is_prefix(lower):
        raise HubError(f"No file in the store has the digest {name}. hub cache list shows all.")
    try:
        members = select_weights([name], every=True)
    except UnknownNameError as error:
        raise UnknownNameError(
            "file", name, error.suggestions, error.install, "hub cache list shows all files."
        ) from None
    paths = [store.find(file) for member in members for file in member.value.files]
    digests = {path.name for path in paths if path is not None}
    found = [entry for entry in entries if entry.sha256 in digests]
    if not found:
        raise HubError(f"Nothing of {name} is in the store. hub cache list shows what is.")
    return found


def _verify(args: argparse.Namespace) -> int:
    from ..download.progress import Progress

    store = default_store()
    entries = list(store.entries())
    if args.name:
        wanted = {file.name for name in args.name for file in _files_of(name, store)}
        entries = [entry for entry in entries if entry.sha256 in wanted]
    uses = Uses(store)
    known = KnownFiles().by_digest(store)

    def source(entry: Entry) -> RemoteFile | None:
        return next((k.file for k in known.get(entry.sha256, ())), None)

    display = Progress("verify", shown=not args.json)
    display.expect(None, sum(entry.size for entry in entries))
    try:
        verdicts = list(upkeep.verify(store, entries, source, display.gained))
    finally:
        display.close()
    bad = [v for v in verdicts if v.state in ("damaged", "repaired")]
    unreadable = [v.detail for v in verdicts if v.state == "unreadable"]
    if args.json:
        print_json(
            [{"sha256": v.entry.sha256, "state": v.state, "detail": v.detail} for v in verdicts]
        )
    else:
        for verdict in bad:
            names = ", ".join(verdict.entry.names) or verdict.entry.sha256
            not_its_own = verdict.state == "repaired" and verdict.detail
            detail = f" ({verdict.detail})" if not_its_own else ""
            print(harmless(f"{verdict.state}: {names}{detail}"))
        count = len({verdict.entry.sha256 for verdict in verdicts})
        damaged = "1 was damaged" if len(bad) == 1 else f"{len(bad)} were damaged"
        print(f"{counted(count, 'file')} verified, {damaged}")
        unchecked = [e for e in entries if set(uses.states(e).values()) == {"not verified"}]
        if unchecked:
            print(
                f"{len(unchecked)} of them came unchecked (check_hash=False): unchanged since "
                "then, but nothing says what they should be"
            )
    return report_errors([*(v.detail for v in bad if v.state == "damaged"), *unreadable])


def _prune(args: argparse.Namespace) -> int:
    store = default_store()
    in_use = None
    if args.unused or args.filter:
        uses = Uses(store)
    if args.unused:
        in_use = {entry.sha256 for entry in store.entries() if uses.may_be_used(entry)}
    plan = upkeep.plan_removal(
        store, older_than=args.older_than, max_size=args.max_size, unused=in_use
    )
    if args.filter is not None:
        chosen = {entry.path for entry in filtered(store.entries(), uses, args.filter)}
        limits = args.unused or args.older_than is not None or args.max_size is not None
        if limits:
            plan = [removal for removal in plan if removal.paths[0] in chosen]
        else:
            plan = [
                upkeep.removal_of(store, entry, "filter")
                for entry in store.entries()
                if entry.path in chosen
            ]
    size = sum(removal.size for removal in plan)
    if args.yes:
        with store.writing():
            upkeep.remove(plan)
    if args.json:
        print_json(
            [
                {"file": r.what, "reason": r.reason, "size": r.size, "removed": args.yes}
                for r in plan
            ]
        )
        return 0
    if plan:
        print_table(
            ([r.what, r.reason, size_of(r.size)] for r in plan),
            [Column("file", cut="end"), "why", Column("size", right=True)],
        )
        print()
    if args.yes:
        print(f"{len(plan)} removed, {size_of(size)} freed")
    elif plan:
        print(f"{len(plan)} would be removed, {size_of(size)} freed. Remove them with --yes")
    else:
        print("Nothing to remove.")
    return 0


def _path(args: argparse.Namespace) -> int:
    store = default_store()
    for file in [store.root] if args.name is None else _files_of(args.name, store):
        print(file)
    return 0


def _pin(args: argparse.Namespace) -> int:
    members = select_weights([args.name])
    digest = args.sha256.lower()
    if not is_digest(digest):
        raise HubError(f"'{args.sha256}' is not a SHA-256: 64 hexadecimal digits.")
    files = members[0].value.files
    file = next((one for one in files if one.digest == digest), files[0])
    if not digest.startswith(file.digest or ""):
        raise HubError(
            f"The catalogue says that the SHA-256 of {members[0]!r} is {file.digest}"
            f"{'' if is_digest(file.digest or '') else '...'}, not {digest}."
        )
    default_store().pin(file.urls[0], digest)
    print(f"{members[0]!r} is held to {digest}")
    return 0


def _forget(args: argparse.Namespace) -> int:
    store = default_store()
    if "://" in args.url:
        urls = [args.url]
    else:
        members = select_weights([args.url])
        urls = [url for one in members for file in one.value.files for url in file.urls]
    forgotten = [digest for url in urls if (digest := store.forget(url))]
    if not forgotten:
        raise HubError(f"Nothing was noted for {redact(args.url)}, so there is nothing to forget.")
    print(f"Forgotten: {', '.join(forgotten)}")
    return 0


def _files_of(name: str, store: Store) -> list[Path]:
    (member, *_) = select_weights([name])
    member.value.file.require_permit()
    paths = [store.find(file) for file in member.value.files]
    found = [path for path in paths if path is not None]
    if len(found) < len(paths):
        raise HubError(f"{member!r} is not in the store. Fetch it: hub download {member!r}")
    return found
