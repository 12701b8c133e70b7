"""``hub cache import``: add files to the store, verified."""

from __future__ import annotations

import argparse
import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..catalogs.known_files import KnownFiles
from ..digests import is_digest
from ..download.hashing import sha256_of
from ..download.impostors import impostor
from ..download.remote import RemoteFile
from ..errors import DigestMismatchError, HubError, StoreError
from ..store import Store, default_store
from .cache_files import few, report_errors
from .output import Column, print_json, print_table
from .streams import say

__all__ = ["run"]

_START = 4096  # bytes that are looked at
# Formats that no checkpoint has; what is in none of them may be for a hook to read.
_KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a picture or a video",
    b"\x1aE\xdf\xa3": "a video",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}


def run(args: argparse.Namespace) -> int:
    """Runs ``hub cache import``. Returns the exit code."""
    paths = args.path
    files = list(_files_in(paths))
    if args.sha256 and len(files) != 1:
        args.usage_error("--sha256 can only be used with a single file")
    if not files:
        raise HubError(f"There is no file in {', '.join(map(str, paths))}.")
    store = default_store()
    known = KnownFiles()
    by_digest = known.by_digest(store)
    published = known.digests_by_name()
    rows = []
    skipped = []
    for path, named in files:
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
            what = None if expected else _no_checkpoint(path, known, by_digest)
            if what and not named:
                skipped.append(path)
                continue
            if what:
                raise StoreError(
                    f"{path} is {what}, and was not imported. To import it all the same, give its "
                    f"digest: --sha256"
                )
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
                ([row["file"], row["sha256"][:12], few(row["used_by"])] for row in done),
                [Column("file", cut="start"), "sha256", Column("used by", cut="end", rank=1)],
            )
    for row in rows:
        unpinned = [name for name in row["agrees_with"] if name not in row["used_by"]]
        if unpinned:
            say(
                f"hub: {row['file']} has the first digits of {few(unpinned)}, and no more of its "
                "SHA-256 is published, so it is not used for it. If you know all of the digest: "
                f"hub cache pin {unpinned[0]} {row['sha256']}"
            )
    if skipped:
        names = few([path.name for path in skipped])
        say(f"hub: left out, since they are no checkpoints: {names}")
    if not rows:
        raise HubError(f"There is no checkpoint in {', '.join(map(str, paths))}.")
    return report_errors(row["error"] for row in rows)


def _no_checkpoint(path: Path, known: KnownFiles, by_digest: Any) -> str | None:
    """What a file is that is surely no checkpoint; None if it may be one, or if weights use it."""
    try:
        what = impostor(path) or _kind(path)
        if what is not None:
            digest = sha256_of(path)
            if by_digest.get(digest) or known.agreeing(digest):
                return None
    except OSError:
        return None  # the store says why it cannot be read
    return what


def _kind(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(_START)
    for magic, kind in _KINDS.items():
        if start.startswith(magic):
            return kind
    if start[4:8] == b"ftyp":
        return "a video"
    try:
        # The last character may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return None
    is_text = text and all(c.isprintable() or c in "\n\r\t\f" for c in text)
    return "a text file" if is_text else None


def _pin_agreeing(store: Store, known: KnownFiles, digest: str) -> None:
    """Pins weights to the digest that the user gave, where no more than its prefix is known."""
    for file in known.agreeing(digest):
        pin = store.pinned(file.file.urls[0])
        if pin is None:
            store.pin(file.file.urls[0], digest)
            say(f"hub: {file.name} is pinned to {digest}")
        elif pin.sha256 != digest:
            say(
                f"hub: {file.name} stays pinned to {pin.sha256} ({pin.by}). To change that: "
                f"hub cache pin {file.name} {digest}"
            )


def _files_in(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    """The files, and whether each was named itself rather than by its folder."""
    for path in paths:
        if path.is_dir():
            yield from ((item, False) for item in sorted(path.iterdir()) if item.is_file())
        else:
            yield path, True
