"""What the search over the documentation reads: one record for each section of each page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Record", "search_script"]


class Record(NamedTuple):
    """A section that can be found.

    Attributes:
        address: of its page, with the section's anchor, below the site's root.
        page: the page's title.
        heading: the section's, or "" for the beginning of the page.
        text: its words.
    """

    address: str
    page: str
    heading: str
    text: str


def search_script(records: Iterable[Record]) -> str:
    """A script that holds the records: pages that are files may load scripts, but no data."""
    text = json.dumps(list(records), ensure_ascii=False, separators=(",", ":"))
    # Inside a string of JavaScript; escaping "<" costs little and the file is never taken for HTML.
    quoted = json.dumps(text).replace("<", "\\u003c")
    return f"globalThis.hubDocs = JSON.parse({quoted});\n"
