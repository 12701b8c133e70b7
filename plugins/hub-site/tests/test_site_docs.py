"""The documentation of a site: nothing is missing, links lead somewhere, nothing foreign runs."""

import argparse
import json
import re
from html import unescape
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from hub_site import build
from hub_site.docs import GuidesError
from hub_site.docs.commands import command_pages
from hub_site.docs.reference import module_pages
from hubcore.cli import _parser, main
from hubcore.cli.commands import all_commands
from hubcore.cli.parsing import CommandParser

ROOT = Path(__file__).parents[3]
HOSTILE = """# Title <script>alert(1)</script>

<script>alert(2)</script>
<img src=x onerror=alert(3)> and <b style="color:red">bold</b>

[a](javascript:alert(4)) ![b](https://example.org/track.png) [c](data:text/html,x)
<javascript:alert(5)>

| a |
|--:|
| 1 |

```"><script>
</code></pre><script>alert(6)</script>
```

\x1b[31mred\u202e
"""


class Elements(HTMLParser):
    """The ids, the addresses and the elements of a page."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.found = [], [], []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.found.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]


@pytest.fixture(scope="module")
def pages(site):
    """What is in each page of the documentation, by its path."""
    return {path: Elements(path) for path in site.glob("docs/**/*.html")}


@pytest.fixture
def guides(tmp_path):
    """A folder of guides; returns it and a function that builds a site of them."""
    folder = tmp_path / "handbook"
    folder.mkdir()

    def made(**texts):
        for name, text in {"index": "# Handbook\n", **texts}.items():
            (folder / f"{name}.md").write_text(text, "utf-8")
        return build(tmp_path / "site", guides=folder)

    return folder, made


def test_each_link_of_the_documentation_leads_to_a_page_and_to_a_place_on_it(pages):
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            ids = pages[target].ids if target in pages else None
            if not target.exists() or (parts.fragment and ids and parts.fragment not in ids):
                wrong.append((path.name, link))
    assert wrong == []


def test_no_id_stands_twice_on_a_page(pages):
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path


def test_every_page_can_be_reached_from_the_first(pages, site):
    reached, waiting = set(), [(site / "docs/index.html").resolve()]
    while waiting:
        path = waiting.pop()
        if path in pages and path not in reached:
            reached.add(path)
            links = (urlsplit(link) for link in pages[path].links)
            waiting += [(path.parent / link.path).resolve() for link in links if link.path]
    assert reached == set(pages)


def test_every_guide_and_the_changelog_have_a_page(site):
    if not (ROOT / "docs").is_dir():
        pytest.skip("needs a checkout of the repository")
    names = {path.stem for path in ROOT.glob("docs/*.md")}
    names |= {"changelog", "contributing", "benchmarks-results", "security-2"}
    assert names == {path.stem for path in site.glob("docs/*.html")}
    for name in ("security", "authors", "changelog"):
        file = ROOT / ("CHANGELOG.md" if name == "changelog" else f"docs/{name}.md")
        heading = re.findall(r"^## (.+)$", file.read_text("utf-8"), re.MULTILINE)[-1]
        assert heading in unescape((site / f"docs/{name}.html").read_text("utf-8"))


def test_every_command_and_every_option_of_it_has_its_place(site):
    """The page of a command has what its parser has, of commands below commands as well."""
    usable = [command for command in all_commands() if command.status == "ok"]
    assert {command.name for command in usable} == {page.name for page in command_pages()}
    for command in usable:
        subparsers = CommandParser(prog="hub").add_subparsers()
        command.add_parser(subparsers)
        text = unescape((site / f"docs/cli/{command.name}.html").read_text("utf-8"))
        waiting = [subparsers.choices[command.name]]
        while waiting:
            for action in waiting.pop()._actions:
                if isinstance(action, argparse._SubParsersAction):
                    waiting += action.choices.values()
                elif action.help != argparse.SUPPRESS and "-h" not in action.option_strings:
                    written = action.option_strings[-1:] or [action.metavar or action.dest]
                    assert written[0] in text, (command.name, written)


def test_every_command_says_what_it_is_for_and_shows_an_example():
    """... and every argument what it is for: the reference is as good as the parsers."""
    for page in command_pages():
        assert any(part.examples for part in page.parts), page.name
        for part in page.parts:
            assert part.about, part.name
            lacking = [a.written for _, group in part.groups for a in group if not a.help]
            assert lacking == [], part.name


def test_every_public_name_has_its_place():
    """What scripts/public_api.py lists is in the reference, name by name."""
    listed = ROOT / "tests" / "public_api.txt"
    if not listed.is_file():
        pytest.skip("needs a checkout of the repository")
    found = {page.name: page for page in module_pages()}
    for part in listed.read_text("utf-8").split("# ")[1:]:
        module, _, lines = part.partition("\n")
        names = set(re.findall(r"^(?:class )?(\w+)", lines, re.MULTILINE))
        assert names == {found_object.name for found_object in found[module].objects}, module
    for plugin in ("hub_evaluate", "hub_export", "hub_site"):
        names = set(import_module(plugin).__all__)
        assert names == {found_object.name for found_object in found[plugin].objects}, plugin


def test_the_search_knows_every_page(site, pages):
    script = (site / "assets/docs-search-data.js").read_text("utf-8")
    text = json.loads(re.fullmatch(r"globalThis\.hubDocs = JSON\.parse\((.*)\);\n", script)[1])
    records = json.loads(text)
    addresses = {address.partition("#")[0] for address, *_ in records}
    overviews = {"docs/cli/index.html", "docs/python/index.html"}
    assert addresses == {path.relative_to(site).as_posix() for path in pages} - overviews
    assert any("HUBCORE_MIRRORS" in text for *_, text in records)


def test_no_page_has_what_its_policy_forbids(pages):
    """No style and no script in the page itself, and nothing from elsewhere."""
    for path, page in pages.items():
        for tag, values in page.found:
            assert tag not in ("style", "iframe", "object", "form"), path
            assert not [name for name in values if name == "style" or name.startswith("on")], path
            if tag == "script":
                assert values["src"].startswith("../"), path
            if tag == "img":
                assert "://" not in values["src"], path


def test_a_hostile_guide_is_text(guides):
    _, made = guides
    page = Elements(made(hostile=HOSTILE).folder / "docs/hostile.html")
    tags = [tag for tag, _ in page.found]
    assert tags.count("script") == 3  # ours
    assert "b" not in tags
    assert "img" not in tags
    assert {urlsplit(link).scheme for link in page.links} == {""}
    assert ("td", {"class": "number"}) in page.found


def test_links_of_guides_that_lead_nowhere_are_told(guides, capsys):
    folder, made = guides
    site = made(
        one="# One\n\n[a](gone.md) [b](index.md#gone) [c](index.md) [d](../../etc/passwd)\n"
    )
    assert len(site.problems) == 3
    assert main(["site", "build", "-o", str(site.folder), "--docs", str(folder)]) == 0
    said = capsys.readouterr().err
    assert "hub: warning: one.md: the link to gone.md leads nowhere." in said
    assert "one.md: the link to index.md#gone names no heading there." in said


def test_own_guides_stand_in_the_order_of_their_index(guides):
    _, made = guides
    index = "# Handbook\n\n## Rules\n\n- [Two](two.md): first\n- [One](one.md)\n"
    site = made(index=index, one="# One\n", two="# Two of them\n", three="# Three\n").folder
    page = (site / "docs/index.html").read_text("utf-8")
    assert re.search(r"<h2>Rules</h2>.*>Two<.*>One<.*<h2>Reference</h2>", page, re.DOTALL)
    assert (site / "docs/three.html").exists()


def test_pictures_of_guides_are_taken_along_and_nothing_from_outside_of_them(guides, tmp_path):
    folder, made = guides
    png = b"\x89PNG\r\n\x1a\n"
    (folder / "a #1.png").write_bytes(png)
    (tmp_path.parent / "outside.png").write_bytes(png)
    text = (
        "# Pictures\n\n![One](<a %231.png>) ![Two](../../outside.png) ![Three](%2e%2e/none.png)\n"
    )
    site = made(index="# Handbook\n\n- [x](../../outside.md)\n", pictures=text)
    page = Elements(site.folder / "docs/pictures.html")
    [picture] = [values for tag, values in page.found if tag == "img"]
    assert picture["alt"] == "One"
    target = site.folder / "docs" / unquote(picture["src"])
    assert target.resolve().read_bytes() == png
    assert [path.suffix for path in (site.folder / "docs/pictures").iterdir()] == [".png"]
    assert len(site.problems) == 3


def test_a_repository_that_is_no_web_address_is_refused(tmp_path, capsys):
    arguments = ["--output", str(tmp_path / "s"), "--repository", "javascript:alert(1)"]
    assert main(["site", "build", *arguments]) == 1
    assert "begins with https://" in capsys.readouterr().err


def test_guides_that_cannot_be_read_are_an_error(tmp_path, guides, capsys):
    folder, made = guides
    (folder / "bad.md").write_bytes(b"\xff\xfe")
    with pytest.raises(GuidesError, match="not text in UTF-8"):
        made()
    (folder / "bad.md").unlink()
    with pytest.raises(GuidesError, match=r"gone\.md, which is not there"):
        made(index="# Handbook\n\n- [Gone](gone.md)\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["site", "build", "-o", str(tmp_path / "out"), "--docs", str(empty)]) == 1
    assert "has no index.md" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_site_without_guides_has_the_reference(tmp_path, capsys):
    assert main(["site", "build", "-o", str(tmp_path / "site"), "--no-docs"]) == 0
    text = (tmp_path / "site/docs/index.html").read_text("utf-8")
    assert 'href="../docs/cli/index.html"' in text
    assert not (tmp_path / "site/docs/listing.html").exists()
    assert capsys.readouterr().err == ""


def test_what_is_shipped_holds_all_that_the_index_names():
    """A wheel has no repository around it: the build takes along what makes pages."""
    if not (ROOT / "docs").is_dir():
        pytest.skip("needs a checkout of the repository")
    import runpy

    files = runpy.run_path(str(Path(__file__).parents[1] / "hatch_build.py"))["guides"](ROOT)
    shipped = {path.resolve() for path in files}
    for guide in ROOT.glob("docs/*.md"):
        assert guide in shipped
        for link in re.findall(r"\]\((?!https?:)([^)#]+\.(?:svg|md))", guide.read_text("utf-8")):
            if guide.name == "index.md" or link.endswith(".svg"):
                assert (guide.parent / link).resolve() in shipped, link


def test_the_workflow_pins_its_actions_and_asks_for_no_more_than_it_needs():
    path = ROOT / ".github/workflows/site.yml"
    if not path.is_file():
        pytest.skip("needs a checkout of the repository")
    text = path.read_text("utf-8")
    actions = re.findall(r"uses: (\S+)", text)
    assert len(actions) == 4
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in actions)
    assert "\npermissions: {}\n" in text
    assert re.findall(r"(\w[\w-]*): write", text) == ["pages", "id-token"]
    assert text.index("pages: write") > text.index("\n  publish:")
    [command] = re.findall(r"run: hub (site build .*)", text)
    assert _parser(command.split()).parse_args(command.split()).repository
