"""The documentation in a real browser, opened as files: its search, its menu, and accessibility."""

import pytest
from accessibility import LOOKS, violations
from browsers import Faults, chromium  # conftest adds the path

# A page of each kind; `sweep` looks at all of them.
KINDS = ("index", "naming", "licenses", "cli/index", "cli/site", "python/hubcore.family")


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser, site):
    """Opens a page of the documentation; at the end nothing may have been complained of."""
    contexts, faults = [], Faults()

    def open_page(name, width=1280, colours="light", script=True):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=colours,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        faults.watch(page)
        page.goto(f"file://{site}/docs/{name}.html")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def found(page):
    page.wait_for_selector("#docs-found a")
    return [link.inner_text() for link in page.query_selector_all("#docs-found a")]


def test_search_finds_guides_options_and_names_and_leads_to_the_place(opened):
    page = opened("authors")
    page.keyboard.press("/")
    page.keyboard.type("hubcore_mirrors")
    assert "Settings" in found(page)
    page.fill("#docs-words", "--older-than")
    assert found(page)[0] == "hub cache prune"
    page.fill("#docs-words", "load_report")
    assert found(page)[0] == "load_report"
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs/python/hubcore.html#load_report")
    assert page.is_visible("#docs-page")
    page.fill("#docs-words", "zyxwv")
    page.wait_for_function("document.querySelector('#docs-count').textContent !== ''")
    assert page.inner_text("#docs-count") == "No section has all of these words."


def test_search_is_led_by_the_keyboard_and_left_by_escape(opened):
    page = opened("index")
    page.focus("#docs-words")
    page.keyboard.type("licence rules")
    assert len(found(page)) > 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    links = page.query_selector_all("#docs-found a")
    assert links[1].evaluate("link => link === document.activeElement")
    page.keyboard.press("Escape")
    assert page.is_visible("#docs-page")
    assert page.evaluate("document.activeElement.id") == "docs-words"
    assert page.input_value("#docs-words") == ""


def test_what_is_found_is_text(opened):
    """Sections hold code with angle brackets; none of it becomes an element."""
    page = opened("index")
    page.fill("#docs-words", "<script")
    page.wait_for_function("document.querySelector('#docs-count').textContent !== ''")
    assert page.query_selector("#docs-found script") is None


def test_a_phone_has_the_contents_in_a_closed_menu(opened):
    page = opened("authors", width=360)
    assert not page.is_visible("nav[aria-label='Documentation']")
    page.click("#docs-menu summary")
    page.click("nav[aria-label='Documentation'] >> text=Names")
    page.wait_for_url("**/docs/naming.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = opened("authors")
    assert wide.is_visible("nav[aria-label='Documentation'] >> text=Names")


def test_without_javascript_everything_can_be_read_and_reached(opened):
    page = opened("authors", width=360, script=False)
    assert page.is_visible("nav[aria-label='Documentation'] >> text=Names")
    assert page.is_visible("text=From a checkpoint to a wheel")
    assert not page.is_visible("#docs-words")


@pytest.mark.parametrize(("width", "colours"), LOOKS[3:4])
def test_axe_finds_nothing_on_a_page_of_each_kind(opened, width, colours):
    page = opened(KINDS[0], width, colours)
    folder = page.url.rpartition("/")[0]
    for kind in KINDS:
        page.goto(f"{folder}/{kind}.html")
        assert violations(page) == [], kind
    page.fill("#docs-words", "weights")
    found(page)
    assert violations(page) == [], "search"


@pytest.mark.sweep
@pytest.mark.parametrize(("width", "colours"), LOOKS)
def test_axe_finds_nothing_on_any_page(opened, site, width, colours):
    page = opened("index", width, colours)
    for path in sorted(site.glob("docs/**/*.html")):
        page.goto(f"file://{path}")
        assert violations(page) == [], path.relative_to(site)
