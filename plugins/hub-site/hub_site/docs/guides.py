"""The guides: the Markdown files of a folder, in the order in which its index.md names them."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from hubcore.errors import HubError

__all__ = ["PICTURES", "Guide", "Guides", "GuidesError", "read", "shipped_guides"]

INDEX = "index.md"
PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Pictures that guides may show: their suffixes."""
_BEYOND = ".."
_SHIPPED = Path(__file__).parent / "shipped" / "docs"


class GuidesError(HubError):
    """The guides cannot be read."""


class Guide(NamedTuple):
    """A guide.

    Attributes:
        path: its file.
        address: that of its page, below the site's root.
        text: Markdown.
        title: its first heading.
    """

    path: Path
    address: str
    text: str
    title: str


class Guides:
    """The guides of a folder, and those beside it that its index links to, as a changelog.

    Args:
        folder: the folder, which holds an ``index.md``. Under each of its second-level headings,
            the links of a list name the guides of a section.

    Attributes:
        in_whole: whether what the guides link to is beside them; with those that were shipped are
            only the files that make pages.
        sections: the heading of each section and its guides, in order, each with what the index
            calls it.
        all: every guide, the index first.

    Raises:
        GuidesError: the folder has no index, or a file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100  # resolve() follows links
        self.in_whole = self.folder != _SHIPPED
        self._taken: set[str] = set()
        index = self._guide(self.folder / INDEX)
        chosen = list(_links(index.text))
        linked = [self.beside(index, target) for _, _, target in chosen]
        paths = [index.path]
        paths += [p for p in linked if p and p.suffix == ".md" and self.in_repository(p)]
        paths += sorted(self.folder.rglob("*.md"))
        self.all = [
            index,
            *(self._guide(path) for path in dict.fromkeys(paths[1:]) if path != index.path),
        ]
        self._by_path = {guide.path: guide for guide in self.all}
        self.sections: dict[str, list[tuple[str, Guide]]] = {}
        for (heading, label, _), path in zip(chosen, linked, strict=True):
            if path in self._by_path:
                self.sections.setdefault(heading, []).append((label, self._by_path[path]))

    def at(self, path: Path) -> Guide | None:
        """The guide that a file is, or None."""
        return self._by_path.get(path)

    def beside(self, guide: Guide, target: str) -> Path | None:
        """The file or folder that a link of a guide names, or None if it leads elsewhere."""
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return None
        return Path(os.path.normpath(guide.path.parent / unquote(parts.path)))

    def in_repository(self, path: Path) -> str | None:
        """A file's place below the folder that holds the guides' folder; None outside of it."""
        try:
            return path.relative_to(self.folder.parent).as_posix()
        except ValueError:
            return None

    def _guide(self, path: Path) -> Guide:
        if path.name == INDEX and not path.is_file():
            raise GuidesError(
                f"{self.folder} has no {INDEX}, which names the guides in their order."
            )
        try:
            text = read(path).decode("utf-8")
        except UnicodeDecodeError:
            raise GuidesError(f"{path} is not text in UTF-8.") from None
        title = re.search(r"^# +(.+)$", text, re.MULTILINE)
        label = re.sub(r"[`*_]", "", title[1]).strip() if title else path.stem
        return Guide(path, self._address(path), text, label)

    def _address(self, path: Path) -> str:
        parts = [*Path(os.path.relpath(path, self.folder)).with_suffix("").parts]
        parts = [part for part in parts if part != _BEYOND]
        if parts[-1].lower() == "readme" and len(parts) > 1:
            parts.pop()
        name = re.sub(r"[^a-z0-9-]+", "-", "-".join(parts).lower()).strip("-") or "page"
        number = next(n for n in itertools.count(1) if _numbered(name, n) not in self._taken)
        self._taken.add(_numbered(name, number))
        return f"docs/{_numbered(name, number)}.html"


def read(path: Path) -> bytes:
    """What a file of the guides holds.

    Raises:
        GuidesError: it cannot be read, or is no file.
    """
    try:
        if not path.is_file():  # a device would be read for ever
            raise GuidesError(f"The guides name {path}, which is not there.")
        return path.read_bytes()
    except OSError as error:
        raise GuidesError(f"Cannot read {path}: {error.strerror or error}.") from error


def shipped_guides() -> Path | None:
    """hubcore's own guides: the folder in this distribution, or in the checkout around it."""
    here = Path(__file__).parent
    checkout = here.parents[3] / "docs"
    if (_SHIPPED / INDEX).is_file():
        return _SHIPPED
    is_checkout = here.parents[1].name == "hub-site" and (checkout / INDEX).is_file()
    return checkout if is_checkout else None


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _links(text: str) -> Iterator[tuple[str, str, str]]:
    """The section, the text and the target of the first link of each item of a list."""
    heading = ""
    tokens = MarkdownIt("commonmark").parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            heading = tokens[place + 1].content
        elif token.type == "inline" and token.level >= 3:  # within an item of a list
            parts = list(token.children or ())
            first = next((at for at, part in enumerate(parts) if part.type == "link_open"), None)
            if first is not None:
                label = itertools.takewhile(lambda part: part.type != "link_close", parts[first:])
                target = str(parts[first].attrs["href"])
                yield heading, "".join(part.content for part in label), target
