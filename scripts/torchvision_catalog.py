#!/usr/bin/env python
"""Make the catalogues of the built-in families, or hold them against torchvision.

    python scripts/torchvision_catalog.py generate    # writes catalogues, stubs and tables
    python scripts/torchvision_catalog.py check       # lists every difference, exit code 1 if any
"""

from __future__ import annotations

import argparse
import sys

from catalogtool import build
from catalogtool.families import FAMILIES, Family


def generate(families: list[Family]) -> int:
    build.write_labels()
    for family in families:
        catalog = build.build(family)
        family.catalog.parent.mkdir(parents=True, exist_ok=True)
        family.catalog.write_text(build.dumps(catalog) + "\n", "utf-8")
        members = sum(len(entry["members"]) for entry in catalog["weights"].values())
        print(f"{family.distribution}: {len(catalog['models'])} models, {members} weights")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["generate", "check"])
    parser.add_argument(
        "--family", action="append", choices=[family.name for family in FAMILIES], help="only this"
    )
    options = parser.parse_args(arguments)
    families = [f for f in FAMILIES if not options.family or f.name in options.family]
    return {"generate": generate}[options.action](families)


if __name__ == "__main__":
    sys.exit(main())
