"""What axe-core complains of on a page."""

from __future__ import annotations

from typing import Any

import pytest

LOOKS = [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark"), (1920, "light")]
"""Widths of the window in pixels, and colours."""


def violations(page: Any) -> list[tuple[str, str]]:
    """The rules that elements break, each with the element; and whether a page is too wide."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    # Without its own fetch of the style sheets, which the pages' policy forbids.
    result = axe.Axe().run(page, options={"preload": False})
    found = [
        (one["id"], node["html"]) for one in result.response["violations"] for node in one["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(("too wide", page.url))
    return found
