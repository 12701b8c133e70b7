#!/usr/bin/env python
"""Make the catalogues of the built-in families, or hold them against torchvision.

    python scripts/torchvision_catalog.py generate    # writes catalogues, stubs and tables
    python scripts/torchvision_catalog.py check       # lists every difference, exit code 1 if any
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # hubcore, from a bare clone

from catalogtool import build, compare
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


def check(families: list[Family]) -> int:
    found = 0
    for family in families:
        for difference in compare.differences(family):
            print(f"{family.distribution}: {difference}")
            found += 1
    print(f"{found} differences" if found else "no differences")
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["generate", "check"])
    parser.add_argument(
        "--family", action="append", choices=[family.name for family in FAMILIES], help="only this"
    )
    options = parser.parse_args(arguments)
    families = [f for f in FAMILIES if not options.family or f.name in options.family]
    return {"generate": generate, "check": check}[options.action](families)


if __name__ == "__main__":
    sys.exit(main())
