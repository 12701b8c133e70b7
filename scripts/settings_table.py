#!/usr/bin/env python
"""Writes the table of all settings into docs/settings.md, from `hubcore/settings/table.py`.

python scripts/settings_table.py
"""

from pathlib import Path

from hubcore.settings import table

DOCS = Path(__file__).resolve().parents[1] / "docs" / "settings.md"


def with_table(text: str) -> str:
    """The text of the docs with the table as it is now."""
    before, begin, rest = text.partition("<!-- settings -->\n")
    _, end, after = rest.partition("<!-- /settings -->")
    return f"{before}{begin}{table()}\n{end}{after}"


if __name__ == "__main__":
    DOCS.write_text(with_table(DOCS.read_text("utf-8")), "utf-8")
