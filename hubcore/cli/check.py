"""``hub check``: check a plugin, and show what is wrong with it and how to fix it."""

from __future__ import annotations

import argparse
from typing import Any

from .output import print_json
from .terminal import paint
from .units import counted

__all__ = ["add_parser", "run"]

_COLORS = {"ok": "green", "part": "yellow", "FAULT": "red"}

EXAMPLES = """\
examples:
  hub check acme-flowers
  hub check hub-detection --models 'ssd*'
  hub check acme-flowers --online
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "check",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("package", help="an installed plugin, or the package that it is in")
    parser.add_argument(
        "--models",
        nargs="+",
        default=(),
        metavar="PATTERN",
        help="check only models whose names match, and weights for them",
    )
    parser.add_argument(
        "--online", action="store_true", help="also check that the addresses answer"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    import warnings

    from ..errors import PluginWarning
    from ..testing import CHECKS, Fault, Subject, examine

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the first check reports it
        subject = Subject.of_plugin(args.package, args.models)
    rows = []
    count = 0
    for name, findings in examine(subject, online=args.online):
        faults = [finding for finding in findings if isinstance(finding, Fault)]
        skipped = len(findings) - len(faults)
        count += len(faults)
        state = "FAULT" if faults else "part" if skipped else "ok"
        if args.json:
            faulty = [fault._asdict() for fault in faults]
            others = [finding._asdict() for finding in findings if finding not in faults]
            rows.append(
                {"check": name, "state": state.lower(), "faults": faulty, "not_checked": others}
            )
            continue
        summary = (CHECKS[name].__doc__ or "").partition("\n")[0] if faults else ""
        print(
            paint(f"{state:>5}", _COLORS[state])
            + f"  {name}"
            + (f": {skipped} not checked" if skipped else "")
        )
        if summary:
            print(f"       {summary}")
        for finding in findings[: None if faults else 3]:
            print("       " + str(finding).replace("\n", "\n       "))
        if not faults and skipped > 3:
            print("       ...")
    if args.json:
        print_json(rows)
    else:
        print(counted(count, "fault") if count else "no faults")
    return 1 if count else 0
