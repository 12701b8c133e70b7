"""``hub version``: show the versions of hubcore, of what it runs on, and of the plugins."""

from __future__ import annotations

import argparse
import platform
import warnings
from typing import Any

from .. import __version__
from ..packages.versions import installed_version
from .output import print_fields, print_json

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub version
  hub version --json
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("version", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from ..catalogs import queries
    from ..errors import PluginWarning

    versions: dict[str, str | None] = {"hubcore": __version__, "Python": platform.python_version()}
    for package in ("torch", "torchvision"):
        versions[package] = installed_version(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # `hub plugins` shows it
        versions |= {p.distribution: p.version for p in queries.plugins() if p.version}
    if args.json:
        print_json(versions)
    else:
        print_fields({name: version or "not installed" for name, version in versions.items()})
    return 0
