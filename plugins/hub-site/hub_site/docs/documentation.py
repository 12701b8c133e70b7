"""All pages of the documentation, joined by one navigation, one search and links between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

from ..addresses import is_web, slug
from ..pages import Page
from ..rendering import Frame
from .commands import CommandPage, Part, command_pages
from .guides import PICTURES, Guide, Guides, GuidesError, read
from .highlighting import block
from .markdown import Links, Rendered, render
from .reference import ModulePage, PublicObject, Section, module_pages
from .search import Record, search_script

__all__ = ["INDEX", "Documentation"]

INDEX = "docs/index.html"
_COMMANDS = "docs/cli/index.html"
_PYTHON = "docs/python/index.html"
_SECTION = "docs"


class Entry(NamedTuple):
    """A line of the navigation: deeper ones are shown while a page of theirs is."""

    address: str
    label: str
    below: list[tuple[str, str]]


class Documentation:
    """The documentation.

    Args:
        frame: what the site's pages have in common.
        folder: the guides' folder, which holds an ``index.md``; None to leave guides out.
        repository: the address of the repository, for links of the guides to files that are no
            pages; None for none, and such links are left as text.

    Attributes:
        problems: links that lead nowhere, each a sentence; whole once `pages` is through.

    Raises:
        GuidesError: the guides cannot be read, or the repository's address is none of the web.
    """

    def __init__(self, frame: Frame, folder: Path | None, repository: str | None = None) -> None:
        if repository is not None and not is_web(repository):
            raise GuidesError(
                f"The repository needs an address that begins with https://, not {repository}."
            )
        self.frame = frame
        self.guides = Guides(folder) if folder is not None else None
        self.repository = repository.rstrip("/") if repository else None
        self.commands = command_pages()
        self.modules = module_pages()
        self.problems: list[str] = []
        self._records: list[Record] = []
        self._anchors: dict[str, set[str]] = {}
        self._asked: list[tuple[str, str, str, str]] = []
        self._pictures: dict[Path, str] = {}
        self._names = _names(self.modules)
        self._bare = _bare_names(self.modules)
        self._entries = {command.name: command.address for command in self.commands}
        self._navigation = self._sections()

    def pages(self) -> Iterator[Page]:
        """All files: the pages, their pictures, and what the search reads."""
        if self.guides is not None:
            for guide in self.guides.all:
                yield self._guide(guide)
        else:
            yield self._contents()
        yield from self._command_pages()
        yield from self._python_pages()
        for path, address in self._pictures.items():
            yield Page(address, read(path))
        yield Page("assets/docs-search-data.js", search_script(self._records))
        self._check_anchors()

    # Navigation

    def _sections(self) -> list[tuple[str, list[Entry]]]:
        sections = []
        if self.guides is not None:
            for heading, guides in self.guides.sections.items():
                entries = [Entry(guide.address, label, []) for label, guide in guides]
                sections.append((heading, entries))
        commands = [(c.address, f"hub {c.name}") for c in self.commands]
        modules = [(module.address, module.name) for module in self.modules]
        reference = [Entry(_COMMANDS, "Commands", commands), Entry(_PYTHON, "Python", modules)]
        return [*sections, ("Reference", reference)]

    def _page(
        self, address: str, title: str, body: Markup, headings: list[tuple[int, str, str]]
    ) -> Page:
        self._anchors.setdefault(address, set()).update(anchor for _, anchor, _ in headings)
        flat = [
            (entry.address, entry.label)
            for _, entries in self._navigation
            for top in entries
            for entry in (top, *(Entry(*below, []) for below in top.below))
        ]
        places = [place for place, (at, _) in enumerate(flat) if at == address]
        before = flat[places[0] - 1] if places and places[0] else None
        after = flat[places[0] + 1] if places and places[0] + 1 < len(flat) else None
        text = self.frame.page(
            "docs",
            address,
            _SECTION,
            address=address,
            title=title,
            body=body,
            sections=self._navigation,
            here=[heading for heading in headings if heading[0] in (2, 3)],
            before=before,
            after=after,
        )
        return Page(address, text)

    # Guides

    def _guide(self, guide: Guide) -> Page:
        links = Links(
            lambda target: self._target(guide, target),
            lambda code: self._of_code(code, guide.address),
        )
        rendered = render(guide.text, links)
        self._record(guide.address, guide.title, rendered)
        headings = [(h.level, h.anchor, h.text) for h in rendered.headings if h.anchor]
        return self._page(guide.address, guide.title, rendered.html, headings)

    def _target(self, guide: Guide, target: str) -> str | None:
        """Where a link of a guide leads: a page, an anchor, the repository, or elsewhere."""
        assert self.guides is not None
        parts = urlsplit(target)
        if parts.scheme in ("https", "http", "mailto"):
            return target
        if not parts.scheme and not parts.path and parts.fragment:
            self._asked.append((guide.path.name, target, guide.address, parts.fragment))
            return f"#{parts.fragment}"
        path = self.guides.beside(guide, target)
        other = self.guides.at(path) if path else None
        if other is not None:
            if parts.fragment:
                self._asked.append((guide.path.name, target, other.address, parts.fragment))
            return _from(guide.address, other.address) + (
                f"#{parts.fragment}" if parts.fragment else ""
            )
        place = self.guides.in_repository(path) if path is not None else None
        if path is not None and place and path.suffix.lower() in PICTURES and path.is_file():
            name = f"{len(self._pictures)}-{slug(path.stem)}{path.suffix.lower()}"
            self._pictures.setdefault(path, f"docs/pictures/{name}")
            return _from(guide.address, self._pictures[path])
        if path is None or place is None or (self.guides.in_whole and not path.exists()):
            self.problems.append(f"{guide.path.name}: the link to {target} leads nowhere.")
            return None
        return f"{self.repository}/blob/main/{place}" if self.repository else None

    def _contents(self) -> Page:
        """The first page where there are no guides."""
        body = self.frame.part(
            "docs_contents", commands=_from(INDEX, _COMMANDS), python=_from(INDEX, _PYTHON)
        )
        return self._page(INDEX, "Documentation", body, [])

    # Commands

    def _command_pages(self) -> Iterator[Page]:
        rows = [
            (_from(_COMMANDS, c.address), c.name, c.help, c.distribution) for c in self.commands
        ]
        body = self.frame.part("docs_commands", commands=rows)
        yield self._page(_COMMANDS, "Commands", body, [])
        for command in self.commands:
            yield self._command(command)

    def _command(self, command: CommandPage) -> Page:
        parts = [
            (
                part,
                block(part.usage, "text", f"How {part.name} is called", copied=False),
                self._examples(part),
            )
            for part in command.parts
        ]
        body = self.frame.part("docs_command", command=command, parts=parts)
        for number, part in enumerate(command.parts):
            words = [part.about, part.examples, part.notes]
            words += [f"{a.written} {a.help}" for _, group in part.groups for a in group]
            anchor = f"#{part.anchor}" if number else ""
            title = f"hub {command.name}"
            heading = part.name if number else ""
            record = Record(
                command.address + anchor, title, heading, " ".join(" ".join(words).split())
            )
            self._records.append(record)
        headings = [(2, part.anchor, part.name) for part in command.parts[1:]]
        return self._page(command.address, f"hub {command.name}", body, headings)

    def _examples(self, part: Part) -> Markup | str:
        return block(part.examples, "sh", f"Examples of {part.name}") if part.examples else ""

    # Python

    def _python_pages(self) -> Iterator[Page]:
        rows = [
            (_from(_PYTHON, module.address), module.name, self._prose(module.summary, _PYTHON))
            for module in self.modules
        ]
        body = self.frame.part("docs_modules", modules=rows)
        yield self._page(_PYTHON, "Python", body, [])
        for module in self.modules:
            yield self._module(module)

    def _module(self, module: ModulePage) -> Page:
        at = module.address
        local = {
            found.name.rpartition(".")[2]: f"#{found.name}" for found in _all(module.objects)
        } | {found.name: f"#{found.name}" for found in _all(module.objects)}
        shown = [self._shown(found, at, local) for found in module.objects]
        summaries = [
            (f"#{found.name}", found.name, self._prose(found.summary, at, local))
            for found in module.objects
        ]
        body = self.frame.part(
            "docs_module",
            name=module.name,
            about=[self._section(section, at, local, "module") for section in module.sections],
            summaries=summaries,
            objects=shown,
        )
        self._records.append(Record(at, module.name, "", _words(module.sections)))
        for found in _all(module.objects):
            record = Record(f"{at}#{found.name}", module.name, found.name, _words(found.sections))
            self._records.append(record)
        headings = [(2, found.name, found.name) for found in module.objects]
        self._anchors.setdefault(at, set()).update(found.name for found in _all(module.objects))
        return self._page(at, module.name, body, headings)

    def _shown(self, found: PublicObject, at: str, local: Mapping[str, str]) -> dict[str, Any]:
        sections = [self._section(section, at, local, found.name) for section in found.sections]
        return {
            "name": found.name,
            "kind": found.kind,
            "signature": block(
                found.signature, "python", f"Signature of {found.name}", copied=False
            ),
            "sections": sections,
            "members": [self._shown(member, at, local) for member in found.members],
        }

    def _section(
        self, section: Section, at: str, local: Mapping[str, str], name: str
    ) -> dict[str, Any]:
        fields = [
            (
                field.name,
                self._of_name(field.name, at, local) if section.title == "Raises" else "",
                field.annotation,
                self._prose(field.about, at, local),
            )
            for field in section.fields
        ]
        text = self._prose(section.text, at, local, prefix=f"{name}-") if section.text else ""
        return {"title": section.title, "text": text, "fields": fields}

    def _prose(
        self, text: str, at: str, local: Mapping[str, str] | None = None, *, prefix: str = ""
    ) -> Markup:
        """Text of a docstring: Markdown, and blocks that stand behind two colons."""
        known = local or {}
        links = Links(
            lambda target: target if target.startswith(("https://", "http://")) else None,
            lambda code: self._of_name(code.removesuffix("()"), at, known),
        )
        text = re.sub(r"::(?=\n\n +\S)", ":", text)
        return render(text, links, level=4, prefix=prefix, of_docstring=True).html

    # Links and search

    def _of_code(self, code: str, at: str) -> str | None:
        """The page of what stands between backticks: a public name, or a command."""
        name = re.sub(r"\(.*\)\Z", "", code, flags=re.DOTALL)
        address = self._names.get(name)
        if address is None and (command := re.match(r"hub ([\w/-]+)", code)):
            address = self._entries.get(command[1])
        if address is None or address == at:
            return None
        return _from(at, address)

    def _of_name(self, name: str, at: str, local: Mapping[str, str]) -> str | None:
        """The place of a name in a docstring: on its own page, else on that of another module."""
        address = local.get(name) or self._of_code(name, at)
        if address is None and name in self._bare:
            return _from(at, self._bare[name])
        return address

    def _record(self, address: str, title: str, rendered: Rendered) -> None:
        for heading in rendered.headings:
            anchor = f"#{heading.anchor}" if heading.level > 1 else ""
            self._records.append(
                Record(address + anchor, title, heading.text if anchor else "", heading.content)
            )

    def _check_anchors(self) -> None:
        for file, target, address, fragment in self._asked:
            if fragment not in self._anchors.get(address, ()):
                self.problems.append(f"{file}: the link to {target} names no heading there.")


def _names(modules: list[ModulePage]) -> dict[str, str]:
    """The address of each public name by its full name, such as ``hubcore.predict``."""
    found = {module.name: module.address for module in modules}
    for module in modules:
        for one in _all(module.objects):
            found[f"{module.name}.{one.name}"] = f"{module.address}#{one.name}"
    return found


def _bare_names(modules: list[ModulePage]) -> dict[str, str]:
    """The address of each class and function by its own name; the first module's, of several."""
    found: dict[str, str] = {}
    for module in modules:
        for one in module.objects:
            found.setdefault(one.name, f"{module.address}#{one.name}")
    return found


def _all(objects: list[PublicObject]) -> Iterator[PublicObject]:
    for found in objects:
        yield found
        yield from _all(found.members)


def _words(sections: list[Section]) -> str:
    parts = []
    for section in sections:
        parts += [section.text, *(f"{field.name} {field.about}" for field in section.fields)]
    return " ".join(" ".join(parts).replace("`", "").split())


def _from(page: str, target: str) -> str:
    """A page's address as it is written on another page."""
    return "../" * page.count("/") + target
