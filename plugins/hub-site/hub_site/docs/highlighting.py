"""Code with its syntax marked by classes, since the pages' policy allows no style in them."""

from __future__ import annotations

import functools
from typing import Any

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from hubcore.printable import printable

__all__ = ["block", "highlighted"]

_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def highlighted(code: str, language: str) -> Markup:
    """Code as HTML.

    Args:
        code: the code.
        language: as it stands behind the fence in Markdown; one that is not known gives plain text.
    """
    code = printable(code, keep="\n\t")
    lexer = _lexer(language)
    if lexer is None:
        return escape(code)
    return Markup(highlight(code, lexer, _FORMATTER))  # Pygments escapes


def block(code: str, language: str, label: str, *, copied: bool = True) -> Markup:
    """A block of code that can be scrolled by keyboard and copied.

    Args:
        code: the code.
        language: its language, or "".
        label: what it is, for who does not see it; no two of a page should be the same.
        copied: whether it gets a button that copies it.
    """
    copy = Markup(' data-copy="{}"').format(label) if copied else ""
    return Markup(
        '<div class="code"><pre{copy} tabindex="0" role="group" aria-label="{label}">'
        '<code class="highlight">{code}</code></pre></div>\n'
    ).format(copy=copy, label=label, code=highlighted(code, language))


@functools.cache
def _lexer(language: str) -> Any:
    try:
        return get_lexer_by_name(language) if language else None
    except ClassNotFound:
        return None
