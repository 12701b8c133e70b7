#!/usr/bin/env python
"""Writes the classes of all SPDX licences, from the index that license-expression ships.

    python scripts/license_classes.py

The index is ScanCode's LicenseDB, which gives each licence a category. Its "Permissive" and "Public
Domain" are permissive here, "Copyleft Limited" is weak-copyleft. Licences that allow no commercial
use, which the index does not tell apart from others, are known by their identifiers.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import license_expression

OUTPUT = Path(__file__).parents[1] / "hubcore" / "spdx" / "classes.json"
INDEX = Path(license_expression.__file__).parent / "data" / "scancode-licensedb-index.json"
CLASSES = {
    "Permissive": "permissive",
    "Public Domain": "permissive",
    "Copyleft Limited": "weak-copyleft",
    "Copyleft": "copyleft",
}
NON_COMMERCIAL = ("-NC-", "Noncommercial", "NCGL-")


def class_of(spdx: str, category: str) -> str:
    if any(part in spdx for part in NON_COMMERCIAL):
        return "non-commercial"
    return CLASSES.get(category, "other")


def text() -> str:
    classes: dict[str, list[str]] = {}
    for entry in json.loads(INDEX.read_text("utf-8")):
        names = [entry.get("spdx_license_key"), *entry.get("other_spdx_license_keys", ())]
        for name in names:
            other = not name or name.startswith("LicenseRef-") or " " in name
            if not other and not entry["is_exception"]:
                classes.setdefault(class_of(name, entry["category"]), []).append(name)
    document = {
        "source": {
            "title": f"ScanCode LicenseDB, in license-expression {version('license-expression')}",
            "url": "https://scancode-licensedb.aboutcode.org/",
            "license": "CC-BY-4.0",
        },
        "classes": {name: " ".join(sorted(set(classes[name]))) for name in sorted(classes)},
    }
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(text(), "utf-8")
    print(f"wrote {OUTPUT.name}")
