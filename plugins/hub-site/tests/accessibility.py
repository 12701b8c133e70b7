"""What axe-core complains of on a page."""

from __future__ import annotations

from typing import Any

import pytest

LOOKS = [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark"), (1920, "light")]
"""Widths of the window in pixels, and colours."""

# What reaches out of its own box, so that the whole page has to be scrolled sideways.
_TOO_WIDE = """
document.documentElement.scrollWidth <= innerWidth ? [] :
  Array.from(document.querySelectorAll("body *"))
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .filter((one) => getComputedStyle(one).overflowX === "visible")
    .map((one) => one.outerHTML.slice(0, 200))
"""


def violations(page: Any) -> list[tuple[str, str]]:
    """The rules that elements break, each with the element; and what is too wide for the page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    # Without its own fetch of the style sheets, which the pages' policy forbids.
    result = axe.Axe().run(page, options={"preload": False})
    found = [
        (one["id"], node["html"]) for one in result.response["violations"] for node in one["nodes"]
    ]
    return found + [("too wide", html) for html in page.evaluate(_TOO_WIDE)]
