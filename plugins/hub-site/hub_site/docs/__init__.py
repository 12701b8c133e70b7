"""The documentation of a site: guides, the reference of commands and of Python, and a search.

Guides are Markdown; commands come from their parsers, Python from docstrings that are read and not
run. docs/site.md says why these libraries.
"""

from __future__ import annotations

from .documentation import INDEX, Documentation
from .guides import GuidesError, shipped_guides

__all__ = ["INDEX", "Documentation", "GuidesError", "shipped_guides"]
