"""``hub cache``: list, verify, import and remove the files of the store."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..catalogs.known_files import KnownFiles
from ..digests import is_digest
from ..download.addresses import redact
from ..download.remote import RemoteFile
from ..errors import DigestMismatchError, HubError, StoreError
from ..store import Entry, Store, default_store, upkeep
from ..weights.selection import select_weights
from . import arguments
from .output import harmless, print_json, print_table
from .streams import say
from .units import age_of, parse_age, parse_size, size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub cache list                                 files, what uses them, when they were last used
  hub cache import resnet50-11ad3fa6.pth         add a file from anywhere, verified
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
    command.add_argument("--sort", choices=["size", "used", "name"], default="name")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_list)

    command = commands.add_parser("import", help="add files or folders to the store, verified")
    command.add_argument(
        "path", nargs="+", type=arguments.path, help="a file, or a folder of files"
    )
    command.add_argument("--sha256", help="the digest to verify a single file against")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(action=_import, usage_error=command.error)

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


def _list(args: argparse.Namespace) -> int:
    store = default_store()
    uses = _Uses(store)
    entries = sorted(store.entries(), key=_order(args.sort, uses))
    if args.json:
        print_json(
            [
                {
                    "sha256": entry.sha256,
                    "path": str(entry.path),
                    "size": entry.size,
                    "last_use": entry.last_use,
                    "used_by": uses.names(entry),
                    "known_by": uses.states(entry),
                    "names": list(entry.names),
                    "sources": list(entry.sources),
                    "derived": [str(path) for path in entry.derived],
                }
                for entry in entries
            ]
        )
        return 0
    if not entries:
        _check_readable(store.root)
        print(f"The store {store.root} is empty.")
        return 0
    print_table(
        (
            [
                entry.sha256[:12],
                size_of(entry.size),
                age_of(entry.last_use),
                (entry.names[0] if entry.names else "") + (" + converted" if entry.derived else ""),
                _few(uses.names(entry)),
                ", ".join(dict.fromkeys(uses.states(entry).values())),
            ]
            for entry in entries
        ),
        ["sha256", "size", "last use", "file", "used by", "known by"],
    )
    total = sum(entry.size for entry in entries)
    made = sum(path.stat().st_size for entry in entries for path in entry.derived)
    converted = f" and {size_of(made)} of converted files" if made else ""
    print(f"\n{len(entries)} files, {size_of(total)}{converted}, in {store.root}")
    return 0


def _check_readable(folder: Path) -> None:
    """Raises StoreError if a folder is there and cannot be read."""
    try:
        next(folder.iterdir(), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"The store {folder} cannot be read ({error.strerror}). Set HUBCORE_HOME to a folder "
            "of your own."
        ) from error


def _import(args: argparse.Namespace) -> int:
    files = list(_files_in(args.path))
    if args.sha256 and len(files) != 1:
        args.usage_error("--sha256 can only be used with a single file")
    store = default_store()
    known = KnownFiles()
    by_digest = known.by_digest(store)
    published = known.digests_by_name()
    rows = []
    for path in files:
        # A file with a published file's name, or with a digest in its name, must be that file.
        digests = published.get(path.name) or {RemoteFile((path.name,)).digest}
        expected = args.sha256 or (digests.pop() if len(digests) == 1 else None)
        row: dict[str, Any] = {
            "file": str(path),
            "sha256": None,
            "used_by": [],
            "agrees_with": [],
            "error": None,
        }
        try:
            row["sha256"] = store.add(path, sha256=expected).name
            if is_digest((args.sha256 or "").lower()):
                _pin_agreeing(store, known, row["sha256"])
                by_digest = known.by_digest(store)
            row["used_by"] = [k.name for k in by_digest.get(row["sha256"], ())]
            row["agrees_with"] = [k.name for k in known.agreeing(row["sha256"])]
        except (DigestMismatchError, StoreError) as error:
            row["error"] = str(error)
        rows.append(row)
    if args.json:
        print_json(rows)
    else:
        done = [row for row in rows if not row["error"]]
        if done:
            print_table(
                ([row["file"], row["sha256"][:12], _few(row["used_by"])] for row in done),
                ["file", "sha256", "used by"],
            )
    for row in rows:
        unpinned = [name for name in row["agrees_with"] if name not in row["used_by"]]
        if unpinned:
            print(
                f"hub: {row['file']} has the first digits of {_few(unpinned)}, and no more of its "
                "SHA-256 is published, so it is not used for it. If you know all of the digest: "
                f"hub cache pin {unpinned[0]} {row['sha256']}",
                file=sys.stderr,
            )
    return _report_errors(row["error"] for row in rows)


def _pin_agreeing(store: Store, known: KnownFiles, digest: str) -> None:
    """Pins weights to the digest that the user gave, where no more than its prefix is known."""
    for file in known.agreeing(digest):
        pin = store.pinned(file.file.urls[0])
        if pin is None:
            store.pin(file.file.urls[0], digest)
            print(f"hub: {file.name} is pinned to {digest}", file=sys.stderr)
        elif pin.sha256 != digest:
            print(
                f"hub: {file.name} stays pinned to {pin.sha256} ({pin.by}). To change that: "
                f"hub cache pin {file.name} {digest}",
                file=sys.stderr,
            )


def _verify(args: argparse.Namespace) -> int:
    from ..download.progress import Progress

    store = default_store()
    entries = list(store.entries())
    if args.name:
        wanted = {_file_of(name, store).name for name in args.name}
        entries = [entry for entry in entries if entry.sha256 in wanted]
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
            print(f"{verdict.state}: {names}" + (f" ({verdict.detail})" if not_its_own else ""))
        count = len({verdict.entry.sha256 for verdict in verdicts})
        print(f"{count} files verified, {len(bad)} were damaged")
    return _report_errors([*(v.detail for v in bad if v.state == "damaged"), *unreadable])


def _prune(args: argparse.Namespace) -> int:
    store = default_store()
    in_use = None
    if args.unused:
        uses = _Uses(store)
        in_use = {entry.sha256 for entry in store.entries() if uses.may_be_used(entry)}
    plan = upkeep.plan_removal(
        store, older_than=args.older_than, max_size=args.max_size, unused=in_use
    )
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
        print_table(([r.what, r.reason, size_of(r.size)] for r in plan), ["file", "why", "size"])
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
    print(store.root if args.name is None else _file_of(args.name, store))
    return 0


def _pin(args: argparse.Namespace) -> int:
    members = select_weights([args.name])
    digest = args.sha256.lower()
    if not is_digest(digest):
        raise HubError(f"'{args.sha256}' is not a SHA-256: 64 hexadecimal digits.")
    file = members[0].value.file
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
        urls = [url for member in select_weights([args.url]) for url in member.value.file.urls]
    forgotten = [digest for url in urls if (digest := store.forget(url))]
    if not forgotten:
        raise HubError(f"Nothing was noted for {redact(args.url)}, so there is nothing to forget.")
    print(f"Forgotten: {', '.join(forgotten)}")
    return 0


class _Uses:
    """Finds the weights that use a file of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files = KnownFiles()
        self._known = self._files.by_digest(store)
        self._unchecked = self._files.by_unchecked(store)

    def names(self, entry: Entry) -> list[str]:
        return list(self.states(entry))

    def states(self, entry: Entry) -> dict[str, str]:
        """By the name of the weights, what says that this is their file."""
        found = {k.name: "not verified" for k in self._unchecked.get(entry.sha256, ())}
        for known in self._known.get(entry.sha256, ()):
            pin = self._store.pinned(known.file.urls[0])
            by_pin = pin and known.file.digest != entry.sha256
            found[known.name] = f"pin ({pin.by})" if pin and by_pin else "full digest"
        return found

    def may_be_used(self, entry: Entry) -> bool:
        """Whether weights use it, or would if all of their digest were known."""
        return bool(self.states(entry) or self._files.agreeing(entry.sha256))


def _file_of(name: str, store: Store) -> Path:
    (member, *_) = select_weights([name])
    member.value.file.require_permit()
    path = store.find(member.value.file)
    if path is None:
        raise HubError(f"{member!r} is not in the store. Fetch it: hub download {member!r}")
    return path


def _order(by: str, uses: _Uses) -> Any:
    if by == "size":
        return lambda entry: -entry.size
    if by == "used":
        return lambda entry: -entry.last_use
    return lambda entry: (entry.names or ("",), entry.sha256)


def _files_in(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(item for item in path.iterdir() if item.is_file())
        else:
            yield path


def _few(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _report_errors(errors: Iterable[str | None]) -> int:
    """Prints the errors, and returns the exit code."""
    failed = [error for error in errors if error]
    for error in failed:
        say(f"hub: {harmless(str(error))}")
    return 1 if failed else 0
