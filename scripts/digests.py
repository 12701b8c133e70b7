#!/usr/bin/env python
"""Take full digests of published files from where they were seen into the data of the catalogues.

    python scripts/digests.py            # adds to scripts/catalog_data/digests.json
    python scripts/digests.py --check    # exit code 1 if that would change the file

``scripts/catalog_data/digest_sightings.json`` says which public projects state the SHA-256 of a
file, and where. A digest is taken if two projects that are independent of each other state it, none
states another, and it begins with the digits in the file's own name. Public code holds invented
digests with the right digits, too. Files with one sighting are printed as candidates. Then:
``PYTHONPATH=scripts python scripts/torchvision_catalog.py generate``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from hubcore.digests import is_digest
from hubcore.download.addresses import digest_in_name

DATA = Path(__file__).parent / "catalog_data"
SIGHTINGS = DATA / "digest_sightings.json"
DIGESTS = DATA / "digests.json"
PROJECTS = 2  # that must agree


def confirmed(url: str, sightings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The digest of a file, and its size if it is stated; None if too few projects state it.

    Raises:
        ValueError: they do not agree with each other, or with the file's name.
    """
    digests = {sighting["sha256"] for sighting in sightings}
    sizes = {sighting["size"] for sighting in sightings if "size" in sighting}
    if len(digests) != 1 or len(sizes) > 1:
        raise ValueError(f"{url}: the sightings disagree")
    [digest] = digests
    if not is_digest(digest) or not digest.startswith(digest_in_name(url) or "-"):
        raise ValueError(f"{url}: {digest} does not agree with the file's name")
    if len({sighting["project"] for sighting in sightings}) < PROJECTS:
        return None
    return {"sha256": digest, **({"size": sizes.pop()} if sizes else {})}


def merged(known: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    """The known digests and those that are confirmed now, by address.

    Raises:
        ValueError: one is known otherwise.
    """
    found = dict(known)
    for url, sightings in seen.items():
        facts = confirmed(url, sightings)
        if facts is None:
            continue
        if url in known and known[url]["sha256"] != facts["sha256"]:
            raise ValueError(f"{url}: another digest is known")
        found[url] = {**facts, **known.get(url, {})}
    return dict(sorted(found.items()))


def dumps(about: str, files: dict[str, Any]) -> str:
    """The text of the file, with a line for each address."""
    lines = ",\n".join(f"  {json.dumps(url)}: {json.dumps(facts)}" for url, facts in files.items())
    return f'{{"about": {json.dumps(about)},\n "files": {{\n{lines}\n }}}}\n'


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    args = parser.parse_args()
    before = DIGESTS.read_text("utf-8")
    data = json.loads(before)
    seen = json.loads(SIGHTINGS.read_text("utf-8"))["files"]
    files = merged(data["files"], seen)
    text = dumps(data["about"], files)
    if not args.check:
        DIGESTS.write_text(text, "utf-8")
    for url in sorted(set(seen) - set(files)):
        print(f"candidate: {url} ({seen[url][0]['project']})")
    print(f"{len(files)} files with full digests, {len(set(seen) - set(files))} candidates")
    return 1 if args.check and text != before else 0


if __name__ == "__main__":
    sys.exit(main())
