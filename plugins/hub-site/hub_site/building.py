"""Builds the site: everything is written beside the folder, which it then replaces."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import hubcore
from hubcore.catalogs.offers import Offers
from hubcore.cli.listing import HEADLINES
from hubcore.errors import HubError

from .beside import beside
from .docs import INDEX, Documentation, shipped_guides
from .entries import Contents, contents
from .others import others
from .pages import Page, Pages
from .papers import papers
from .pictures import Pictures, pictures
from .published import class_lists, documents
from .rendering import ASSETS, Frame
from .table import table

__all__ = ["Site", "SiteError", "build", "catalogue"]

SCRIPTS = Path(__file__).parent / "scripts"
# In the order in which they need one another; together they are one script of the page.
_PARTS: tuple[str, ...] = ("columns", "patterns", "query", "matching", "state", "view", "cells")
_PARTS += ("grid", "facets", "chart", "compare", "app")

_MARKER = "api/v1/index.json"
_PLAIN_LIMIT = 5000
"""Rows that stand in the page for browsers without JavaScript; more go to the packages' pages."""
_EXAMPLES = (
    "acc@1 > 80 and params < 30M",
    "license in permissive",
    "box_map > 40",
    "digest = full and size < 50MB",
    "date = 2022*",
)


class SiteError(HubError):
    """The site cannot be written where it is wanted."""


class Site(NamedTuple):
    """A site that was built.

    Attributes:
        folder: where it is.
        pages: the number of its HTML pages.
        models: the number of models.
        weights: the number of weights.
        size: all of its files, in bytes.
        problems: what could not be shown, such as links of the guides that lead nowhere, each a
            sentence.
    """

    folder: Path
    pages: int
    models: int
    weights: int
    size: int
    problems: tuple[str, ...] = ()


def build(
    output: str | os.PathLike[str],
    *,
    name: str = "hubcore",
    guides: bool | str | os.PathLike[str] = True,
    repository: str | None = None,
    photo: str | os.PathLike[str] | None = None,
    merge: Iterable[str] = (),
) -> Site:
    """Builds the site of what is installed. Imports no torch, and runs no code of a family.

    With a photo it does both: it predicts with all weights whose files are in the store.

    Args:
        output: the folder. A site that is there is replaced once the new one is whole.
        name: the site's name, which stands at the top of each page.
        guides: True for hubcore's own guides, False to leave guides out, or a folder of guides in
            Markdown with an ``index.md`` that names them in their order. Commands and Python are
            documented in any case.
        repository: the https address of the repository that the guides are from, for their links
            to files that are no pages; None to leave such links as text.
        photo: a picture file. Pages of weights in the store show what they give for it.
        merge: addresses or folders of other sites. What they publish of packages that are not
            installed here is published by this one, too, and listed under its packages.

    Raises:
        CatalogError: what another site publishes cannot be read.
        DownloadError: it cannot be fetched.
        GuidesError: the guides cannot be read.
        InputError: the photo cannot be read.
        SiteError: the folder holds something else, or cannot be written.
        PluginError: a plugin is broken or incompatible, and ``HUBCORE_STRICT`` is set.
    """
    folder = Path(os.path.abspath(output))  # noqa: PTH100  # resolve() would follow a link
    check(folder)
    found = contents()
    told = others(merge, found)
    frame = Frame(name, hubcore.__version__, len(found.packages), _navigation())
    chosen = shipped_guides() if guides is True else guides or None
    drawn = pictures(found, Path(photo)) if photo else Pictures([], {}, [])
    temporary = folder.with_name(f".{folder.name[:100]}-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        temporary.mkdir(parents=True)
        place = Path(chosen) if chosen else None
        with beside(_document, temporary, frame, place, repository) as documented:
            pages, size = _write(temporary, _all(found, frame, drawn, told))
            more, bytes_of_them, problems = documented()
        _replace(folder, temporary)
    except OSError as error:
        raise SiteError(f"Cannot write {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    problems += drawn.problems
    counts = pages + more, len(found.models), len(found.weights), size + bytes_of_them
    return Site(folder, *counts, tuple(problems))


def check(folder: Path) -> None:
    """Checks that a folder may be replaced: it is not there, is empty, or is a site.

    Raises:
        SiteError: it holds something else, or is no folder.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or folder.is_symlink():
        raise SiteError(f"Cannot write {folder}: it is not a folder.")
    try:
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise SiteError(f"Cannot read {folder}: {error.strerror or error}.") from error
    if not is_empty and not (folder / _MARKER).is_file():
        raise SiteError(
            f"{folder} holds other files, which would be lost: choose a folder that is empty or "
            "not there."
        )


def catalogue(found: Contents, pages: Pages, frame: Frame) -> Iterator[Page]:
    """The catalogue page with its data and its script."""
    yield Page(
        "index.html",
        frame.page(
            "catalogue",
            "index.html",
            "catalogue",
            count=len(found.weights),
            models_count=len(found.models),
            tasks_count=len({w.row["task"] for w in found.weights if "task" in w.row}),
            packages=list(found.packages.values()),
            plain_limit=_PLAIN_LIMIT,
            plain=(
                [pages.plain_row(one) for one in found.weights]
                if len(found.weights) <= _PLAIN_LIMIT
                else []
            ),
            examples=_examples(found),
        ),
    )
    yield Page("assets/data.js", data_script(found, pages))
    yield Page("assets/catalogue.js", script())


def data_script(found: Contents, pages: Pages) -> str:
    """The script that holds the table: pages that are files may load scripts, but no data."""
    extra: dict[str, list[Any]] = {
        "license_shown": [w.evidence.weights.license for w in found.weights],
        "evidence": [w.evidence.weights.state for w in found.weights],
    }
    made = table([one.row for one in found.weights], extra)
    made["headlines"] = [name for name in HEADLINES if name in made["columns"]]
    made["sort"] = _usual_sort(made)
    made["pages"] = {
        place: pages.weights_at.irregular[w.distribution, w.bare]
        for place, w in enumerate(found.weights)
        if (w.distribution, w.bare) in pages.weights_at.irregular
    }
    text = json.dumps(made, separators=(",", ":"), allow_nan=False)
    # A string that JSON.parse reads is quicker than an object for a script's parser.
    return f"const HUB_DATA = JSON.parse({json.dumps(text)});\n"


def _usual_sort(made: dict[str, Any]) -> str:
    """The order at first: the best first by the metric that most weights have; "" without one."""
    known = {
        name: sum(value is not None for value in made["columns"][name]["numbers"])
        for name in made["headlines"]
    }
    best = max(known, key=known.__getitem__, default=None)
    better = {field["name"]: field["better"] for field in made["fields"]}
    return f"{best}:{'asc' if better[best] == 'lower' else 'desc'}" if best else ""


def script() -> str:
    """The catalogue page's script: its parts in one scope."""
    parts = "\n".join((SCRIPTS / f"{name}.js").read_text("utf-8") for name in _PARTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


def _all(found: Contents, frame: Frame, drawn: Pictures, told: Offers) -> Iterator[Page]:
    lists, classes = class_lists(found)
    made = papers(found)
    pages = Pages(found, frame, made.links, drawn.shown, classes)
    yield from catalogue(found, pages, frame)
    yield from pages.all(told)
    yield from lists
    yield from made.pages
    yield from drawn.pages
    yield from documents(found, classes, told)
    yield Page(".nojekyll", "")
    for asset in ASSETS.iterdir():
        yield Page(f"assets/{asset.name}", asset.read_bytes())


def _document(
    root: Path, frame: Frame, guides: Path | None, repository: str | None
) -> tuple[int, int, list[str]]:
    """Writes the documentation. Returns its HTML pages, its bytes, and what could not be shown."""
    manual = Documentation(frame, guides, repository)
    return *_write(root, manual.pages()), list(manual.problems)


def _navigation() -> list[tuple[str, str, str]]:
    return [
        ("catalogue", "index.html", "Catalogue"),
        ("packages", "packages/index.html", "Packages"),
        ("docs", INDEX, "Documentation"),
    ]


def _examples(found: Contents) -> list[str]:
    """Filters that find something in this catalogue."""
    from hubcore.catalogs.matching import selected
    from hubcore.catalogs.where import QueryError

    rows = {weights.name: dict(weights.row) for weights in found.weights}
    good = []
    for example in _EXAMPLES:
        try:
            if selected(rows, rows.values(), example):
                good.append(example)
        except QueryError:  # names a field or a value that nothing here has
            continue
    return good


def _write(root: Path, pages: Iterable[Page]) -> tuple[int, int]:
    """Writes pages. Returns the number of HTML pages and the bytes of all."""
    made, count, size = {root}, 0, 0
    for page in pages:
        path = root / page.address
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        text = page.text
        content = text if isinstance(text, bytes) else text.encode("utf-8", errors="replace")
        path.write_bytes(content)
        count += page.address.endswith(".html")
        size += len(content)
    return count, size


def _replace(folder: Path, temporary: Path) -> None:
    """Puts a new site in the place of an old one. If that fails, the old one is there again."""
    if not folder.exists():
        temporary.rename(folder)
        return
    old = temporary.with_name(f"{temporary.name}-old")
    folder.rename(old)
    try:
        temporary.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
