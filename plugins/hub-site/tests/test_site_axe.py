"""axe-core finds nothing on any kind of page, nor in what opens on the catalogue page."""

import pytest
from accessibility import LOOKS, violations
from browsers import chromium  # conftest adds the path

KINDS = (
    "index.html",
    "packages/index.html",
    "packages/hub-optical-flow.html",
    "models/hub-classification/resnet50.html",
    "weights/hub-classification/ResNet50_Weights.IMAGENET1K_V2.html",
    "weights/hub-detection/FasterRCNN_ResNet50_FPN_Weights.COCO_V1.html",
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser, width, colours):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)
    yield context.new_page()
    context.close()


def look_at(page, site, names):
    for name in names:
        page.goto(f"file://{site}/{name}")
        assert violations(page) == [], name


@pytest.mark.parametrize(("width", "colours"), LOOKS[3:4])
def test_axe_finds_nothing_on_a_page_of_each_kind(page, site):
    look_at(page, site, KINDS)


@pytest.mark.sweep
@pytest.mark.parametrize(("width", "colours"), LOOKS)
def test_axe_finds_nothing_on_any_page_of_weights_models_and_packages(page, site):
    look_at(page, site, sorted(path.relative_to(site) for path in site.glob("[mpw]*/**/*.html")))


@pytest.mark.parametrize(
    ("width", "colours"),
    [pytest.param(*look, marks=[pytest.mark.sweep] if look != LOOKS[0] else []) for look in LOOKS],
)
def test_axe_finds_nothing_in_the_states_of_the_catalogue_page(page, site):
    page.goto(f"file://{site}/index.html")
    for number in range(3):
        page.locator("#grid tbody input[type=checkbox]").nth(number).click()
    assert violations(page) == [], "chosen"
    page.click("#tray button.primary")
    page.wait_for_selector("#compare[open]")
    assert violations(page) == [], "compared"
    page.keyboard.press("Escape")
    for query, shown in (("acc@1 > > 3", "#fault"), ("acc@1 > 99.9", "#none")):
        page.fill("#where", query)
        page.wait_for_selector(f"{shown}:not([hidden])")
        assert violations(page) == [], query
    page.fill("#where", "")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert violations(page) == [], "all menus open"
