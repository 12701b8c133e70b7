#!/usr/bin/env python
"""Make the catalogues of the built-in families, or hold them against torchvision.

    python scripts/torchvision_catalog.py generate    # writes catalogues, stubs and tables
    python scripts/torchvision_catalog.py check       # lists every difference, exit code 1 if any

``generate`` reads the installed torchvision and the hand-written data in scripts/catalog_data.
``check`` compares what users get with torchvision, and the files with what ``generate`` writes.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

import torchvision
from catalogtool import build, compare, mirror_stubs, stubs, tables
from catalogtool.families import CATALOGS, FAMILIES, ROOT, Family

from hubcore.authoring.export import dumps
from hubcore.catalogs.catalog import Catalog

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def made_files(family: Family) -> Iterator[tuple[Path, str]]:
    """What ``generate`` writes for a family, file by file."""
    data = build.build(family)
    catalog = Catalog(data, family.distribution, package=family.package)
    yield family.catalog, dumps(data) + "\n"
    yield family.stub, stubs.stub(catalog, compare.package_of_enum)
    yield family.readme, tables.updated(family.readme.read_text("utf-8"), catalog)


def shared_files() -> Iterator[tuple[Path, str]]:
    """What ``generate`` writes into the core: label lists, and what each of our packages offers."""
    yield from build.label_files()
    offered: dict[str, dict[str, list[str]]] = {}
    for family in FAMILIES:
        data = build.build(family)
        offered[family.distribution] = {
            "model": sorted(name.lower() for name in data["models"]),
            "weights": sorted(name.lower() for name in data["weights"]),
        }
    for project in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        groups = tomllib.loads(project.read_text("utf-8"))["project"].get("entry-points", {})
        for kind in ("command", "engine", "executor"):
            if names := sorted(groups.get(f"hubcore.{kind}s", {})):
                offered.setdefault(project.parent.name, {})[kind] = names
    yield CATALOGS / "known_packages.json", dumps(offered) + "\n"
    yield from mirror_stubs.files()


def generate(families: list[Family]) -> int:
    for path, text in shared_files():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    for family in families:
        for path, text in made_files(family):
            path.write_text(text, "utf-8")
        catalog = compare.read(family)
        members = sum(len(entry.members) for entry in catalog.weights.values())
        print(f"{family.distribution}: {len(catalog.models)} models, {members} weights")
    return 0


def check(families: list[Family]) -> int:
    found = 0
    for family in families:
        stale = (_stale(path, text) for path, text in made_files(family))
        for difference in (*compare.differences(family), *filter(None, stale)):
            print(f"{family.distribution}: {difference}")
            found += 1
    shared = shared_files() if families == list(FAMILIES) else ()
    for difference in filter(None, (_stale(path, text) for path, text in shared)):
        print(difference)
        found += 1
    count = f"{found or 'no'} difference{'s' * (found != 1)}"
    print(f"{count} from torchvision {torchvision.__version__}")
    return 1 if found else 0


def _stale(path: Path, text: str) -> str | None:
    """The first line in which a file is not what ``generate`` would write."""
    current = path.read_text("utf-8") if path.exists() else ""
    if current == text:
        return None
    changes = difflib.unified_diff(current.splitlines(), text.splitlines(), n=0, lineterm="")
    lines = [line for line in changes if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    return f"{path.relative_to(ROOT)} is not what 'generate' writes: {(lines or [''])[0][:160]}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["generate", "check"])
    parser.add_argument(
        "--family", action="append", choices=[family.name for family in FAMILIES], help="only this"
    )
    options = parser.parse_args(arguments)
    families = [f for f in FAMILIES if not options.family or f.name in options.family]
    return {"generate": generate, "check": check}[options.action](families)


if __name__ == "__main__":
    sys.exit(main())
