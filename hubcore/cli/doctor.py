"""``hub doctor``: check this installation, and show how to fix what is wrong."""

from __future__ import annotations

import argparse
import os
import shutil
import warnings
from collections.abc import Iterator
from typing import Any

from .. import __version__, settings
from ..catalogs import queries
from ..errors import HubError, PluginWarning
from .output import harmless, print_json
from .units import counted, counted_weights

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub doctor
  hub doctor --json

Exits with 1 if something is wrong.
"""

LOW_DISK = 5 * 2**30  # the largest published checkpoints take some 2.5 GB


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "doctor",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    with settings.lenient():
        findings = list(_findings())
    if args.json:
        print_json([{"state": s, "subject": subject, "text": t} for s, subject, t in findings])
    else:
        for state, subject, text in findings:
            print(harmless(f"[{state:^7}] {subject}: {text}"))
    return int(any(state == "problem" for state, _, _ in findings))


def _findings() -> Iterator[tuple[str, str, str]]:
    """Yields (state, subject, text). The state is ok, note or problem."""
    yield "ok", "hubcore", __version__
    from .versions import judge

    yield from judge()
    yield from _store()
    yield from _environment()
    yield from _plugins()


def _store() -> Iterator[tuple[str, str, str]]:
    try:
        home = settings.home()
    except HubError as error:
        yield "problem", "store", str(error)
        return
    existing = next(path for path in (home, *home.parents) if os.path.exists(path))  # noqa: PTH110  # never raises
    if not existing.is_dir():
        yield "problem", "store", f"{existing} is not a folder: set HUBCORE_HOME to another one"
    elif not os.access(existing, os.W_OK):
        yield "problem", "store", f"{home} is not writable: set HUBCORE_HOME to another folder"
    else:
        free = shutil.disk_usage(existing).free
        state = "ok" if free > LOW_DISK else "note"
        yield state, "store", f"{home} ({free / 2**30:.1f} GiB free)"


def _environment() -> Iterator[tuple[str, str, str]]:
    for problem in settings.problems():
        yield "problem", "settings", problem
    if settings.offline():
        yield "note", "HUBCORE_OFFLINE", "set, so nothing will be downloaded"
    for root in settings.roots():
        if not root.is_dir():
            yield "problem", "HUBCORE_ROOTS", f"{root} is not a folder: create or remove it"
    if settings.disabled():
        yield "note", "HUBCORE_DISABLE", " ".join(settings.disabled())
    if settings.strict():
        yield "note", "HUBCORE_STRICT", "on: a broken plugin stops every look-up"


def _plugins() -> Iterator[tuple[str, str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)
        try:
            found = queries.plugins()
        except HubError as error:
            yield "problem", "plugins", str(error)
            return
    if not found:
        yield "note", "plugins", "none installed. To start with one: pip install hub-classification"
    for plugin in found:
        distribution = f"{plugin.distribution} {plugin.version}".rstrip()
        subject = f"plugin {plugin.name} ({distribution})"
        if plugin.catalog is not None:
            weights = sum(len(enum.members) for enum in plugin.catalog.weights.values())
            models = counted(len(plugin.catalog.models), "model")
            yield "ok", subject, f"{models}, {counted_weights(weights)}"
        elif plugin.status == "disabled":
            yield "note", subject, "disabled by HUBCORE_DISABLE"
        else:
            yield "problem", subject, f"{plugin.error}. To remove it: {plugin.remedy}"
