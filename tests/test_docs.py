"""The documentation is true: its programs and commands run, and its links lead somewhere.

A block of code in docs/, in the README and in the plugins' READMEs is run by this file, unless a
comment above it says why not::

    <!-- run by test_hooks.py::test_the_documented_example_works -->
    <!-- not run: needs a GPU -->
"""

import ast
import contextlib
import io
import json
import os
import re
import shlex
import warnings
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from photos import ROOT, imagenet_photos, import_mobilenet

from hubcore.cli import _parser, main

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PAGES += sorted(ROOT.glob("plugins/hub-*/README.md"))
LINKING = [*PAGES, *sorted(ROOT.glob("*.md")), ROOT / "benchmarks/results/README.md"]
LINKING += sorted(ROOT.glob("examples/*/README.md"))
# The main README is a page of indexes, too, and has no comments: its blocks by their first words.
DEMO = "test_readme.py::test_the_demo_prints_what_the_readme_says"
README = {
    "make demo": f"run by {DEMO}",
    "examples/photos/chelsea.png": f"run by {DEMO}",
    "hub list 'resnet*' --sort": "not run: downloads weights",
    "cli/ ": "not run: a drawing",
}
MARK = re.compile(r"<!-- (run by|not run:) (.+?) -->", re.DOTALL)
NETWORK = "not run: needs weights from the network"
PARSED = {"json": json.loads, "toml": tomllib.loads}
KNOWN = {"python", "sh", "console", "text", *PARSED}


class Block(NamedTuple):
    """A block of code; `mark` is what is said of it, such as ``not run: needs a GPU``."""

    line: int
    language: str
    code: str
    mark: str


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def tokens_of(page):
    return MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))


def blocks_of(page):
    blocks = []
    mark = ""
    for token in tokens_of(page):
        if token.type == "html_block":
            found = MARK.match(token.content)
            mark = " ".join(" ".join(found.groups()).split()) if found else ""
        elif token.type in ("fence", "code_block"):
            if page.name == "README.md" and page.parent == ROOT:
                mark = next(
                    (m for begin, m in README.items() if token.content.startswith(begin)), ""
                )
            language = token.info.strip()
            blocks.append(Block(token.map[0] + 1, language, token.content, mark))
            mark = ""
        elif token.nesting == 0 and token.level == 0:
            mark = ""
    return blocks


BLOCKS = [(page, block) for page in PAGES for block in blocks_of(page)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_has_a_language_and_what_is_not_run_says_why(page):
    """Blocks of data and of output are held to what they are, and marks to the tests they name."""
    blocks = blocks_of(page)
    for before, block in zip([None, *blocks], blocks, strict=False):
        place = f"{name_of(page)}:{block.line}"
        assert block.language in KNOWN, f"{place}: a fence with one of {sorted(KNOWN)}"
        if block.language == "text" and not block.mark:
            assert before is not None, place
            assert before.language == "python", f"{place}: the output of what?"
        kind, _, about = block.mark.partition(" run: " if "not run" in block.mark else " by ")
        assert kind in ("", "not", "run"), place
        if kind == "run":
            file, _, test = about.partition("::")
            places = [ROOT / "tests" / file, *ROOT.glob(f"plugins/*/tests/{file}")]
            source = next(path for path in places if path.exists()).read_text("utf-8")
            assert f"def {test}(" in source, f"{place}: {about} is no test"


@pytest.mark.parametrize(
    ("page", "block"),
    [pair for pair in BLOCKS if pair[1].language != "text"],
    ids=lambda value: name_of(value) if isinstance(value, Path) else str(value.line),
)
def test_each_block_is_what_it_says_it_is(page, block):
    """Python parses, data are read, and every `hub` command is one that its parser understands."""
    if block.language in PARSED and not block.mark.startswith("not run: a part"):
        PARSED[block.language](block.code)
    elif block.language == "python":
        ast.parse(block.code)
    elif block.language in ("sh", "console"):
        for _, words, _ in commands_of(block):
            if words[0] == "hub":
                assert _parser(words[1:]).parse_args(words[1:]).run


def commands_of(block):
    """The settings, the words and the file for the output of each command of a block."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line, comments=True)
        settings = {}
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, settings[name] = words.pop(0).partition("=")
        output = None
        if len(words) > 2 and words[-2] == ">":
            output = words.pop()
            words.pop()
        if words:
            yield settings, words, output


def runnable(page):
    """What is run of a page: of a program that needs weights from the network, its imports."""
    for block in blocks_of(page):
        if not block.mark and block.language in ("python", "sh", "console", "text"):
            yield block
        elif block.language == "python" and block.mark.startswith(NETWORK):
            body = ast.parse(block.code).body
            imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
            yield block._replace(code=ast.unparse(ast.Module(imports, [])))


COSTLY = {"docs/evaluate.md", "docs/export.md"}


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder as the pages have it: photos, a photo, weights that packages bring, no network."""
    import_mobilenet()
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "demo-output").mkdir()
    (tmp_path / "photo.jpg").symlink_to(ROOT / "examples" / "photos" / "chelsea.png")
    (tmp_path / "photos").mkdir()
    lines = ["file,class"]
    for path, number in imagenet_photos():
        (tmp_path / "photos" / path.name).symlink_to(path)
        lines.append(f"{path.name},{number}")
    (tmp_path / "photos" / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.sweep] if name_of(page) in COSTLY else [])
        for page in PAGES
        if list(runnable(page))
    ],
    ids=name_of,
)
def test_a_pages_programs_run_and_print_what_it_says(page, workplace, monkeypatch):
    """One after another, as a reader would type them."""
    blocks = list(runnable(page))
    namespace = {}
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        place = f"{name_of(page)}:{block.line}"
        if block.language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output), warnings.catch_warnings():
                exec(compile(block.code, place, "exec"), namespace)
            if following is not None and following.language == "text":
                assert output.getvalue() == following.code, place
        elif block.language in ("sh", "console"):
            printed = run_commands(block, place, monkeypatch)
            if block.language == "console":
                assert_printed(printed, block.code, place)


def run_commands(block, place, monkeypatch):
    """Runs the commands of a block in this process. Returns each with what it printed."""
    printed = []
    for settings, words, file in commands_of(block):
        assert words[0] == "hub", f"{place}: only hub's commands are run; say why {words[0]} is not"
        output = io.StringIO()
        with monkeypatch.context() as patch, contextlib.redirect_stdout(output):
            for name, value in settings.items():
                patch.setenv(name, value)
            code = main(words[1:])
        assert code == 0, f"{place}: {shlex.join(words)} ended with {code}"
        if file:
            Path(file).write_text(output.getvalue(), "utf-8")
        printed.append(output.getvalue())
    return printed


def assert_printed(printed, session, place):
    """What commands printed is what the page shows, where ``...`` stands for anything."""
    parts = re.split(r"^\$ (?:.*\\\n)*.*\n", session, flags=re.MULTILINE)[1:]
    for shown, real in zip(parts, printed, strict=True):
        if shown.strip():
            pattern = ".*".join(map(re.escape, shown.strip("\n").split("...")))
            assert re.fullmatch(pattern, real.strip("\n"), re.DOTALL), f"{place}:\n{real}"


# Links


def slug(heading):
    """The anchor of a heading, as repositories' sites and `hub site` make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors_of(page):
    tokens = tokens_of(page)
    found = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = "".join(child.content for child in tokens[place + 1].children)
            made = slug(text)
            times = sum(one == made or one.startswith(f"{made}-") for one in found)
            found.append(f"{made}-{times}" if made in found else made)
    return set(found)


def links_of(page, *, tables=True):
    inside = False
    for token in tokens_of(page):
        inside = token.type == "table_open" or (inside and token.type != "table_close")
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if target and (tables or not inside):
                yield str(target)


@pytest.mark.parametrize("page", dict.fromkeys(LINKING), ids=name_of)
def test_links_lead_to_files_and_headings_that_exist(page):
    wrong = []
    for link in links_of(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("https", "http"), link
            continue
        path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not path.exists() or (parts.fragment and parts.fragment not in anchors_of(path)):
            wrong.append(link)
    assert wrong == []


# Addresses elsewhere cannot be asked here. A new one is looked at by somebody, and entered.
ELSEWHERE = Path(__file__).with_name("links_elsewhere.txt")


def test_links_to_elsewhere_are_those_that_somebody_has_seen():
    """`UPDATE_LINKS=1` writes the list; look at the difference. Families' tables are generated."""
    pages = dict.fromkeys(LINKING)
    links = {link for page in pages for link in links_of(page, tables="plugins" not in page.parts)}
    found = sorted(link for link in links if urlsplit(link).scheme)
    if os.environ.get("UPDATE_LINKS"):
        ELSEWHERE.write_text("".join(f"{link}\n" for link in found), "utf-8")
    assert ELSEWHERE.read_text("utf-8").splitlines() == found


def test_every_guide_stands_in_the_index():
    """A reader who begins at docs/index.md finds all of them, and the changelog."""
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / link).resolve() for link in links_of(index) if not urlsplit(link).scheme
    }
    assert {*ROOT.glob("docs/*.md"), ROOT / "CHANGELOG.md"} - {index} <= linked
