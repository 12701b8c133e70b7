"""Templates: everything that is put into a page is text, and is escaped."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from hubcore.printable import printable

from .addresses import is_web

__all__ = ["ASSETS", "Frame", "template"]

ASSETS = Path(__file__).parent / "assets"

_BREAK = re.compile(r"(?<=[._/])(?=[^._/])")
_WEB = re.compile(r"(https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]])", re.IGNORECASE)


class Frame:
    """What all pages of a site have in common.

    Args:
        site_name: the name at the top.
        version: hubcore's version.
        packages_count: the number of packages.
        navigation: the key, the address and the label of each section.
    """

    def __init__(
        self,
        site_name: str,
        version: str,
        packages_count: int,
        navigation: list[tuple[str, str, str]],
    ) -> None:
        self._common = {
            "site_name": site_name,
            "version": version,
            "packages_count": packages_count,
            "navigation": navigation,
        }

    def page(self, name: str, address: str, section: str, /, **values: Any) -> str:
        """A page.

        Args:
            name: its template.
            address: its place below the site's root, which decides how links go up.
            section: the key of the section that it belongs to.
            values: what the template names.
        """
        root = "../" * address.count("/")
        return template(name).render(**self._common, root=root, section=section, **values)

    @staticmethod
    def part(name: str, /, **values: Any) -> Markup:
        """A part of a page, from a template that does not know its place in the site."""
        return Markup(template(name).render(**values))  # escaped by the template


@functools.cache
def template(name: str) -> Template:
    """A template by its name without ``.html``."""
    return _environment().get_template(f"{name}.html")


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("hub_site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters["linked"] = _linked
    made.filters["breakable"] = _breakable
    made.tests["web"] = is_web
    return made


def _harmless(value: Any) -> Any:
    """Text without control characters and what changes its direction; pages are not touched."""
    if type(value) is str and not value.isprintable():
        return printable(value, keep="\n\t")
    return value


def _breakable(name: Any) -> Markup:
    """A long name that may be broken behind its points and underscores."""
    # What `escape` makes of a character has no point or underscore in it.
    return Markup(_BREAK.sub("<wbr>", escape(printable(str(name)))))


def _linked(text: Any) -> Markup:
    """A text in which web addresses are links; of no other kind are any made."""
    text = printable(str(text), keep="\n\t")
    if "://" not in text:
        return escape(text)
    made = Markup()
    for place, part in enumerate(_WEB.split(text)):
        if place % 2:
            made += Markup('<a href="{0}" rel="nofollow noopener">{0}</a>').format(part)
        else:
            made += escape(part)
    return made
