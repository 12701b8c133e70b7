"""``hub check``: check a plugin, and show what is wrong with it and how to fix it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .output import harmless, print_json
from .terminal import paint
from .units import counted

if TYPE_CHECKING:
    from ..testing import Fault, Finding

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

    from ..download.progress import Steps
    from ..errors import PluginWarning
    from ..testing import CHECKS, Fault, Subject, chosen, examine

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the first check reports it
        subject = Subject.of_plugin(args.package, args.models)
    rows = []
    count = 0
    with Steps(len(chosen(online=args.online))) as step:
        for name, findings in examine(
            subject, online=args.online, on_check=lambda name: step(f"checking {name}")
        ):
            faults = [finding for finding in findings if isinstance(finding, Fault)]
            count += len(faults)
            if args.json:
                rows.append(_row(name, faults, findings))
            else:
                step.print(_shown(name, CHECKS[name].__doc__ or "", faults, findings))
    if args.json:
        print_json(rows)
    else:
        print(counted(count, "fault") if count else "no faults")
    return 1 if count else 0


def _state(faults: Sequence[Finding], findings: Sequence[Finding]) -> str:
    return "FAULT" if faults else "part" if findings else "ok"


def _row(name: str, faults: Sequence[Fault], findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "check": name,
        "state": _state(faults, findings).lower(),
        "faults": [fault._asdict() for fault in faults],
        "not_checked": [finding._asdict() for finding in findings if finding not in faults],
    }


def _shown(name: str, summary: str, faults: Sequence[Finding], findings: Sequence[Finding]) -> str:
    state = _state(faults, findings)
    skipped = len(findings) - len(faults)
    lines = [paint(f"{state:>5}", _COLORS[state]) + f"  {name}"]
    if skipped:
        lines[0] += f": {skipped} not checked"
    if faults:
        lines.append(summary.partition("\n")[0])
    lines += [
        harmless(str(finding)).replace("\n", "\n       ")
        for finding in findings[: None if faults else 3]
    ]
    if not faults and skipped > 3:
        lines.append("...")
    return "\n       ".join(lines)
