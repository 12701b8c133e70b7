"""Markdown as HTML of a page: no HTML of its author's gets through, and no style."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from hubcore.printable import printable

from .highlighting import block

__all__ = ["Heading", "Links", "Rendered", "render", "slug_of"]


class Heading(NamedTuple):
    """A heading.

    Attributes:
        level: 1 for the page's title.
        anchor: its id.
        text: without markup.
        content: the text of its section, without markup and code, for the search.
    """

    level: int
    anchor: str
    text: str
    content: str


class Rendered(NamedTuple):
    """A text that was rendered.

    Attributes:
        html: the whole.
        headings: in their order; the first may be of level 0, for what stands above all headings.
    """

    html: Markup
    headings: list[Heading]


class Links(NamedTuple):
    """Where links of a text lead on the page that it gets.

    Attributes:
        target: an address in the text to that on the page, or None if there is nothing to lead to.
        of_code: the address for what stands between backticks, such as the name of a function.
    """

    target: Callable[[str], str | None]
    of_code: Callable[[str], str | None]


def render(
    text: str, links: Links, *, level: int = 1, prefix: str = "", of_docstring: bool = False
) -> Rendered:
    """Renders a text.

    Args:
        text: Markdown, CommonMark with tables.
        links: where its links lead.
        level: the level that its highest headings get.
        prefix: stands before each anchor, where several texts make one page.
        of_docstring: its indented blocks are Python, where they parse as that.
    """
    tokens = _MARKDOWN.parse(printable(text, keep="\n\t"))
    headings = _prepare(tokens, level, prefix)
    environment = {"links": links, "blocks": 0, "prefix": prefix, "docstring": of_docstring}
    html = Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, environment))
    return Rendered(html, headings)


def slug_of(heading: str) -> str:
    """The anchor of a heading, as repositories' sites make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") or "section"


def _prepare(tokens: Sequence[Token], level: int, prefix: str) -> list[Heading]:
    """Gives headings their anchors and levels, and collects the text below each."""
    headings: list[Heading] = []
    words: list[str] = []
    taken: dict[str, int] = {}
    current = (0, "", "")

    def finish() -> None:
        content = " ".join(" ".join(words).split())
        if current[0] or content:
            headings.append(Heading(*current, content))
        words.clear()

    for place, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            own = int(token.tag[1])
            token.tag = f"h{min(own + level - 1, 6)}"
            if token.type == "heading_open":
                finish()
                title = _plain(tokens[place + 1])
                anchor = slug_of(title)
                taken[anchor] = taken.get(anchor, -1) + 1
                anchor = prefix + (f"{anchor}-{taken[anchor]}" if taken[anchor] else anchor)
                token.attrs["id"] = anchor
                current = (own + level - 1, anchor, title)
            else:
                token.meta["anchor"] = current[1]
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            words.append(_plain(token))
    finish()
    return headings


def _plain(inline: Token) -> str:
    parts = []
    for token in inline.children or ():
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type in ("text", "code_inline", "image"):
            parts.append(token.content)
    return "".join(parts)


def _code(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    env["blocks"] += 1
    language = token.info.split()[0] if token.info.strip() else ""
    if env["docstring"] and token.type == "code_block" and _is_python(token.content):
        language = "python"
    kind = {"sh": "Commands", "console": "Commands and output", "text": "Output"}.get(language)
    label = f"{kind or language.upper() or 'Text'}, block {env['prefix']}{env['blocks']}"
    return block(token.content.rstrip("\n"), language, label)


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


def _code_inline(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    code = tokens[at].content
    html = Markup("<code>{}</code>").format(code)
    inside = env.get("open_links") or env.get("in_heading")
    address = None if inside else env["links"].of_code(code)
    return Markup('<a href="{}">{}</a>').format(address, html) if address else html


def _link_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    address = env["links"].target(str(tokens[at].attrs.get("href", "")))
    env.setdefault("open_links", []).append(address is not None)
    if address is None:
        return ""
    outside = ' rel="nofollow noopener"' if "://" in address else ""
    return Markup('<a href="{}"{}>').format(address, Markup(outside))


def _link_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return "</a>" if env["open_links"].pop() else ""


def _image(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    address = env["links"].target(str(token.attrs.get("src", "")))
    if address is None or "://" in address:  # nothing is loaded from elsewhere
        return str(escape(token.content))
    return Markup('<img src="{}" alt="{}">').format(address, token.content)


def _heading_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    env["in_heading"] = True
    return Markup('<{} id="{}">').format(tokens[at].tag, tokens[at].attrs["id"])


def _heading_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    env["in_heading"] = False
    if token.tag == "h1":
        return f"</{token.tag}>\n"
    return Markup(
        '<a class="anchor" href="#{}" aria-label="Link to this section">#</a></{}>\n'
    ).format(token.meta["anchor"], token.tag)


def _table_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    env["tables"] = env.get("tables", 0) + 1
    return Markup(
        '<div class="scroll" tabindex="0" role="group" aria-label="Table {}{}">'
        '<table class="plain">\n'
    ).format(env["prefix"], env["tables"])


def _table_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _cell_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    scope = ' scope="col"' if token.tag == "th" else ""
    aligned = ' class="number"' if "right" in str(token.attrs.get("style", "")) else ""
    if token.tag == "th" and not tokens[at + 1].content:
        return "<td>"  # a heading without words is none
    return f"<{token.tag}{scope}{aligned}>"


def _cell_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    empty = tokens[at].tag == "th" and not tokens[at - 1].content
    return "</td>" if empty else f"</{tokens[at].tag}>"


def _html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """HTML in a text: comments are left out, the rest is shown as it stands."""
    content = tokens[at].content
    rest = re.sub(r"<!--.*?-->", "", content, flags=re.DOTALL)
    return str(escape(rest)) if rest.strip() else ""


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True}).enable("table")
    rules = {
        "fence": _code,
        "code_block": _code,
        "code_inline": _code_inline,
        "link_open": _link_open,
        "link_close": _link_close,
        "image": _image,
        "heading_open": _heading_open,
        "heading_close": _heading_close,
        "table_open": _table_open,
        "table_close": _table_close,
        "th_open": _cell_open,
        "td_open": _cell_open,
        "th_close": _cell_close,
        "td_close": _cell_close,
        "html_block": _html,
        "html_inline": _html,
    }
    for name, rule in rules.items():
        made.add_render_rule(name, rule)
    return made


_MARKDOWN = _parser()
