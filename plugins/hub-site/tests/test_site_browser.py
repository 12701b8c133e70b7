"""The site in a real browser, opened as files: search, facets, sort, links, chart, comparison."""

import csv
import random
import re

import pytest
from browsers import Faults, chromium  # conftest adds the path

from hubcore.catalogs.fields import fields_of
from hubcore.catalogs.matching import selected
from hubcore.catalogs.rows import weights_rows
from hubcore.catalogs.where import QueryError
from hubcore.cli import main


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def context(browser):
    made = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield made
    made.close()


@pytest.fixture
def faults():
    found = Faults()
    yield found
    assert found == []


@pytest.fixture
def page(context, site, faults):
    """The catalogue page."""
    made = context.new_page()
    faults.watch(made)
    made.goto(f"file://{site}/index.html")
    yield made
    made.close()


def names(page):
    """The names of all rows that are shown, in their order."""
    return page.evaluate(
        "(() => { const { view, table } = hubCatalogue;"
        " return Array.from(view.rows, (row) => table.get('name', row)); })()"
    )


def listed(capsys, *arguments):
    """What `hub list --weights` prints with these arguments."""
    capsys.readouterr()
    assert main(["list", "--weights", "-q", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def command(page):
    """The arguments of the command that the page shows."""
    import shlex

    return shlex.split(page.inner_text("#command"))[3:]


def test_search_filter_facets_and_sort_give_what_the_shown_command_lists(page, capsys):
    """The command under the search box lists the very rows that the table has, in its order."""
    assert names(page) == listed(capsys, *command(page))
    page.fill("#search", "resnet 50")
    page.fill("#where", "acc@1 > 70, size < 200MB or license in permissive")
    assert names(page) == listed(capsys, *command(page))
    assert "ResNet50_Weights.IMAGENET1K_V2" in names(page)
    page.click("#grid thead th[data-name='params'] button")
    assert page.get_attribute("th[data-name='params']", "aria-sort") == "ascending"
    assert names(page) == listed(capsys, *command(page))
    page.click("#grid thead th[data-name='params'] button")
    assert page.get_attribute("th[data-name='params']", "aria-sort") == "descending"
    assert names(page) == listed(capsys, *command(page))
    page.click("#reset")
    assert page.input_value("#search") == "" == page.input_value("#where")
    for group in page.query_selector_all("#facets fieldset"):
        boxes = group.query_selector_all("li:not(.rest) input")
        boxes[0].click()
        count = group.query_selector_all("li:not(.rest) .count")[0].inner_text()
        assert names(page) == listed(capsys, *command(page))
        assert len(names(page)) == int(count.replace(",", ""))
        boxes[1].click()
        assert names(page) == listed(capsys, *command(page))
        page.click("#reset")


def generated_queries(rows, count, seed=0):
    """Filters made at random of real fields, values, units and patterns; most are understood."""
    rng = random.Random(seed)
    fields = list(fields_of(rows.values()).values())
    some = list(rows.values())

    def comparison():
        field = rng.choice(fields)
        name = rng.choice([field.name, field.name.upper(), *field.aliases])
        if not re.fullmatch(r"[\w@.]+", name):
            name = f'"{name}"' if '"' not in name else "params"
        value = rng.choice(some).get(field.name)
        if field.kind == "number":
            sign = rng.choice(["=", "==", "!=", "<", "<=", ">", ">="])
            number = value if isinstance(value, (int, float)) else rng.uniform(0, 100)
            unit = rng.choice([u for u in field.units if field.units[u] > 0])
            text = f"{number / field.units[unit]:.{rng.choice([0, 1, 3])}f}"
            gap = rng.choice(["", " "]) if unit else ""
            if rng.random() < 0.2:
                return f"{name} {rng.choice(['in', 'not in'])} ({text}{unit}, 4{unit})"
            return f"{name}{rng.choice(['', ' '])}{sign} {text}{gap}{unit.upper()}"
        text = str(value or "x")
        if rng.random() < 0.3:
            start = rng.randrange(max(len(text) - 3, 1))
            part = re.sub(r"[\s(),<>=!&|\"']", "?", text[start : start + 4])
            shape = rng.choice(["*{}*", "{}*", "*{}", "*{}?*", "[a-m]*{}*", "*[{}]*", "[]x]*{}*"])
            return f"{name} {rng.choice(['=', '!='])} {shape.format(part)}"
        quote = "'" if '"' in text else '"'
        if field.sets and rng.random() < 0.4:
            return f"{name} {rng.choice(['in', 'not in', 'IN'])} {rng.choice(list(field.sets))}"
        if rng.random() < 0.3:
            return f"{name} in ({quote}{text}{quote}, {quote}{text.upper()}{quote})"
        return f"{name} {rng.choice(['=', '!='])} {quote}{text}{quote}"

    def tree(depth):
        kind = rng.random()
        if depth == 0 or kind < 0.3:
            return comparison()
        if kind < 0.45:
            return f"{rng.choice(['not', 'NOT'])} {tree(depth - 1)}"
        if kind < 0.6:
            return f"({tree(depth - 1)})"
        return rng.choice([" and ", " or ", ", ", " OR "]).join(
            tree(depth - 1) for _ in range(rng.choice([2, 2, 3]))
        )

    broken = [
        "acc@1 >",
        "acc@1 > 80 &&",
        "nothing = 3",
        "size < 10",
        "(",
        "task = zzz",
        "params < x",
    ]
    broken += [
        "acc@1 > \uff18\uff10",
        "params <\u00a03M",
        "name = 'open",
        "not not",
        "a\x1cb",
        "license in x",
    ]
    return broken + [tree(3) for _ in range(count - len(broken))]


def compare_queries(page, capsys, count, seed):
    rows = weights_rows()
    understood = 0
    for query in generated_queries(rows, count, seed):
        shown = page.evaluate(
            "(query) => { const box = document.querySelector('#where'); box.value = query;"
            " box.dispatchEvent(new Event('input')); const { view, table } = hubCatalogue;"
            " return view.fault ? null"
            " : Array.from(view.rows, (row) => table.get('name', row)).sort(); }",
            query,
        )
        try:
            expected = sorted(selected(rows, rows.values(), query))
        except QueryError:
            expected = None
        assert shown == expected, query
        if expected is not None:
            understood += 1
            assert sorted(listed(capsys, "--where", query)) == expected, query
    return understood


def test_filters_mean_the_same_on_the_page_in_python_and_on_the_command_line(page, capsys):
    """40 generated filters give the same set; those that are not understood are so everywhere."""
    page.click("#plot summary")  # no chart is drawn for each
    assert compare_queries(page, capsys, 40, 0) > 20


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1, 6))
def test_200_filters_mean_the_same_everywhere(page, capsys, seed):
    page.click("#plot summary")
    assert compare_queries(page, capsys, 200, seed) > 120


def test_a_filter_that_is_not_understood_says_where_and_keeps_the_rows(page):
    page.fill("#where", "acc@1 > 80")
    before = names(page)
    page.fill("#where", "acc@1 > 80 and parms < 3M")
    assert "'parms' is not a field. Did you mean 'params'?" in page.inner_text("#fault")
    assert page.inner_text("#fault mark") == "parms"
    assert page.get_attribute("#where", "aria-invalid") == "true"
    assert names(page) == before
    page.fill("#where", "acc@1 > 80 and params < 3B")
    assert page.is_hidden("#fault")


def test_a_link_gives_the_same_view(page, context, faults):
    """The address alone restores search, filter, facets, order, columns, chart and comparison."""
    page.fill("#search", "net")
    page.fill("#where", "params < 100M & x".replace(" & x", ""))
    page.check("#facets fieldset:first-child li:not(.rest) input >> nth=0")
    page.click("#grid thead th[data-name='size'] button")
    page.click(".menu summary")
    page.uncheck("#columns input[value='license']")
    page.check("#columns input[value='acc@5']")
    page.click(".menu summary")
    page.select_option("#x", "gmacs")
    page.select_option("#y", "acc@5")
    page.uncheck("#log")
    page.check("#grid tbody tr:not(.spacer) input >> nth=0")
    page.check("#grid tbody tr:not(.spacer) input >> nth=1")
    other = context.new_page()
    faults.watch(other)
    other.goto(page.url)
    for look in (
        "Array.from(hubCatalogue.view.rows)",
        "hubCatalogue.columns().join()",
        "document.querySelector('#command').textContent",
        "[...document.querySelectorAll('#side input:checked')].length",
        "['x', 'y'].map((id) => document.getElementById(id).value).join()",
        "document.querySelector('#log').checked",
        "document.querySelector('#tray .names').textContent",
        "document.querySelector('[aria-sort]').dataset.name",
    ):
        other.wait_for_function("document.querySelector('#y').value !== ''")
        assert other.evaluate(look) == page.evaluate(look), look
    other.close()


def test_only_rows_in_sight_are_in_the_document_and_the_focus_stays(page):
    page.click("#plot summary")
    assert page.locator("#grid tbody tr:not(.spacer)").count() < 60
    count = int(page.get_attribute("#grid table", "aria-rowcount")) - 1
    assert count == len(names(page)) > 150
    page.focus("#grid tbody tr:not(.spacer) th a >> nth=3")
    focused = page.evaluate("document.activeElement.textContent")
    page.evaluate("document.querySelector('#grid').scrollTop = 1e7")
    page.wait_for_function("document.querySelectorAll('#grid tbody tr').length > 3")
    last = page.locator("#grid tbody tr:not(.spacer)").last
    assert last.get_attribute("aria-rowindex") == str(count + 1)
    assert last.locator("th a").text_content() == names(page)[-1]
    assert page.evaluate("document.activeElement.textContent") == focused


def test_the_view_is_saved_as_csv(page, tmp_path):
    page.fill("#where", "acc@1 > 84")
    with page.expect_download() as saved:
        page.click("#csv")
    saved.value.save_as(tmp_path / "weights.csv")
    rows = list(csv.reader((tmp_path / "weights.csv").read_text("utf-8").splitlines()))
    assert rows[0][:2] == ["weights", "task"]
    assert [row[0] for row in rows[1:]] == names(page)


def test_the_chart_follows_the_filter_and_opens_what_is_chosen(page):
    page.fill("#where", "acc@1 > 0 and plugin = hub-classification")
    page.wait_for_function("hubCatalogue.chart.points.length > 90")
    chart = page.evaluate(
        "(() => { const { chart, table } = hubCatalogue; return {"
        " points: chart.points.map((at) => [table.get('name', at.row), at.cost, at.value]),"
        " front: chart.pareto.map(({ row }) => table.get('name', row)) }; })()"
    )
    best = {
        name
        for name, cost, value in chart["points"]
        if not any(
            c <= cost and v >= value and (c, v) != (cost, value) for _, c, v in chart["points"]
        )
    }
    assert best.issuperset(chart["front"])
    front = {(c, v) for name, c, v in chart["points"] if name in best}
    assert front == {(c, v) for name, c, v in chart["points"] if name in chart["front"]}
    assert page.locator("#front tbody tr").count() == len(chart["front"])
    page.focus("#chart canvas")
    page.keyboard.press("ArrowUp")
    assert page.inner_text("#chart .tip strong") == chart["front"][0]
    assert chart["front"][0] in page.text_content("#chart .said")
    page.keyboard.press("ArrowRight")
    name = page.inner_text("#chart .tip strong")
    left, top = page.evaluate(
        "(() => { const point = hubCatalogue.chart.points[hubCatalogue.chart.current];"
        " return [point.left, point.top]; })()"
    )
    page.keyboard.press("Escape")
    assert page.is_hidden("#chart .tip")
    box = page.locator("#chart canvas").bounding_box()
    page.mouse.move(box["x"] + left, box["y"] + top)
    shown = page.inner_text("#chart .tip strong")
    page.mouse.click(box["x"] + left, box["y"] + top)
    page.wait_for_url("**/weights/**")
    assert page.inner_text("h1") == shown
    assert name  # the keyboard's point was one of them
    page.go_back()
    assert page.input_value("#where") == "acc@1 > 0 and plugin = hub-classification"


def test_each_cost_that_is_known_can_be_the_horizontal_axis(page):
    """Parameters, operations, size of the file and measured milliseconds, logarithmic or not."""
    options = page.locator("#x option").evaluate_all("all => all.map((one) => one.value)")
    assert options == ["params", "gmacs", "size", "ms"]
    for cost in options:
        page.select_option("#x", cost)
        for _ in range(2):
            page.click("#log")
            page.wait_for_function(
                "(cost) => { const { x, points } = hubCatalogue.chart;"
                " return x === cost && points.length > 0; }",
                arg=cost,
            )
            costs, values = page.evaluate(
                "(() => { const { chart, table } = hubCatalogue; return ["
                " chart.points.map(({ cost }) => cost),"
                " chart.points.map(({ row }) => table.get(chart.x, row))]; })()"
            )
            assert costs == values


def test_up_to_five_weights_stand_side_by_side(page):
    page.fill("#where", "acc@1 > 80 and plugin = hub-classification")
    boxes = page.locator("#grid tbody tr:not(.spacer) input")
    for place in range(5):
        boxes.nth(place).check()
    boxes.nth(5).click()
    assert not boxes.nth(5).is_checked()
    assert "No more than 5" in page.text_content("#said")
    page.click("#tray .open")
    assert page.is_visible("#compare")
    assert page.locator("#compare thead th").all_text_contents() == names(page)[:5]
    accuracies = page.locator("#compare tbody tr", has_text="acc@1").locator("td")
    figures = [float(text.split()[0]) for text in accuracies.all_inner_texts()]
    best = page.locator("#compare tbody tr", has_text="acc@1").locator("td.best").first
    assert float(best.inner_text().split()[0]) == max(figures)
    assert "view=compare" in page.url
    page.keyboard.press("Escape")
    assert page.is_hidden("#compare")
    page.click("#tray .clear")
    assert page.is_hidden("#tray")
    assert not boxes.nth(0).is_checked()


def test_it_is_readable_on_a_phone_and_in_the_dark(browser, site, faults):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True
    )
    page = context.new_page()
    faults.watch(page)
    for address in ("index.html", "weights/hub-detection/SSD300_VGG16_Weights.COCO_V1.html"):
        page.goto(f"file://{site}/{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground)[:3])) < 60, address
    page.click("#theme")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(map(int, re.findall(r"\d+", ground)[:3])) > 200
    page.goto(f"file://{site}/index.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"  # it is kept
    context.close()


def test_without_javascript_the_table_still_shows(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{site}/index.html")
    assert page.locator("noscript tbody tr").count() > 150
    page.click("noscript a[href$='/ResNet50_Weights.IMAGENET1K_V2.html']")
    assert "ResNet50_Weights" in page.inner_text("h1")
    context.close()


def test_a_hostile_catalogue_is_only_text(page, site):
    """Script in every field is shown as text and runs nowhere; its addresses are no links."""
    page.fill("#search", "hostile")
    assert len(names(page)) == 1
    page.wait_for_timeout(250)  # the chart is drawn
    page.click(".menu summary")
    for box in page.query_selector_all("#columns input:not(:disabled)"):
        box.check()
    page.check("#grid tbody tr:not(.spacer) input")
    page.click("#tray .open")
    assert "<script>" in page.inner_text("#compare")
    page.keyboard.press("Escape")
    for place in ("weights", "models", "packages"):
        found = [path for path in site.glob(f"{place}/**/*.html") if "ac-me" in str(path)]
        assert found
        for path in found:
            page.goto(path.as_uri())
            assert page.evaluate("document.querySelectorAll('main script, main img').length") == 0
            assert page.evaluate("document.querySelectorAll('[onload], [onerror]').length") == 0
            links = page.evaluate("[...document.links].map((link) => link.protocol)")
            assert set(links) <= {"file:", "https:", "http:"}
            text = page.inner_text("body")
            assert not {"\u202e", "\x1b"} & set(text)
            assert place == "packages" or "<script>alert(1)</script>" in text
            for link in page.evaluate("[...document.links].map((link) => link.href)"):
                if link.startswith("file:"):
                    from urllib.parse import unquote, urlsplit

                    assert open(unquote(urlsplit(link).path)).read(1)  # noqa: PTH123, SIM115


def test_the_keyboard_reaches_everything(page):
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const e = document.activeElement;"
                " return e.id || e.className || e.closest('[id]')?.id || e.tagName; })()"
            )
        )
    for part in ("where", "example", "csv", "copy", "x", "y", "log", "grid"):
        assert part in seen, (part, seen)
