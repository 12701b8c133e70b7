"""The site: what it costs to build, and how quickly a real browser shows, filters and sorts it."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .measure import Options, best, median, report_of
from .results import Table

__all__ = ["run"]

FEW, MANY = 2_000, 100_000
_FILES = ("index.html", "assets/style.css", "assets/site.js", "assets/data.js")
_FILES += ("assets/catalogue.js",)

_BUILD = """
import json, sys, time
start = time.perf_counter()
from hub_site import build
site = build({folder!r})
taken = time.perf_counter() - start
assert not {{"torch", "torchvision", "numpy"}} & set(sys.modules)
print(json.dumps([taken, time.process_time(), site.pages, site.weights, site.size]))
"""

# Only the catalogue page: 100,000 pages of entries say nothing of it.
_CATALOGUE = """
import json, shutil
from pathlib import Path
from hub_site.building import catalogue
from hub_site.entries import contents
from hub_site.pages import Pages
from hub_site.rendering import ASSETS, Frame
found = contents()
frame = Frame("hubcore", "0", len(found.packages), [])
root = Path({folder!r})
shutil.copytree(ASSETS, root / "assets")
for page in catalogue(found, Pages(found, frame, {{}}, {{}}, {{}}), frame):
    (root / page.address).write_text(page.text, "utf-8")
print(json.dumps(len(found.weights)))
"""

# When the first rows stand in a frame that was handed over for painting.
_FIRST_VIEW = """
addEventListener("DOMContentLoaded", () => {
  const rows = document.querySelector("#grid tbody");
  const painted = () => setTimeout(() => (window.firstView = performance.now()));
  const seen = () => requestAnimationFrame(painted);
  const watch = (_, observer) => (observer.disconnect(), seen());
  if (rows.children.length) seen();
  else new MutationObserver(watch).observe(rows, { childList: true });
});
"""

# From the event to the end of the next frame, and the time of scripts, style and layout in it.
_ACT = """
async ([selector, event, value]) => {
  await new Promise((done) => setTimeout(done, 400));  // the chart of the last one is drawn
  const target = document.querySelector(selector);
  if (value !== null) target.value = value;
  const start = performance.now();
  if (event === "click") target.click();
  else target.dispatchEvent(new Event(event, { bubbles: true }));
  document.querySelector("#grid").getBoundingClientRect();
  const worked = performance.now() - start;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return [worked, performance.now() - start];
}
"""

_ACTS = (
    ("search", "#search", "input", "net 1"),
    ("search", "#search", "input", ""),
    ("filter", "#where", "input", "acc@1 > 70"),
    ("filter", "#where", "input", "acc@1 > 70 and params < 60M and license in permissive"),
    ("filter", "#where", "input", "name = *net_1* or (size < 50MB and not task = *detection)"),
    ("filter", "#where", "input", ""),
    ("facet", "#facets li:not(.rest) input", "click", None),
    ("facet", "#facets li:not(.rest) input", "click", None),
    *(("sort", f"#grid thead th[data-name='{name}'] button", "click", None)
      for name in ("name", "params", "license", "task")),
)  # fmt: skip


def run(options: Options) -> list[Table]:
    tables = []
    with _homes() as homes:
        few = homes / "few"
        tables.append(_building(few, options))
        sites = {FEW: few / "site", MANY: homes / "many" / "site"}
        (homes / "many" / "site").mkdir()
        report_of(_CATALOGUE.format(folder=str(sites[MANY])), HUBCORE_HOME=str(homes / "many"))
        tables.append(_sizes(sites))
        tables.append(_browsing(sites, options))
    return tables


def _building(home: Path, options: Options) -> Table:
    code = _BUILD.format(folder=str(home / "site"))
    taken = [report_of(code, HUBCORE_HOME=str(home)) for _ in range(options.repeats)]
    seconds, cpu = best([one[0] for one in taken]), best([one[1] for one in taken])
    pages, weights, size = taken[0][2:]
    return Table(
        "Building a site",
        ["weights", "pages", "MB", "s", "CPU s"],
        [[weights, pages, size / 1e6, seconds, cpu]],
        [
            f"Best of {options.repeats}. Model cards, bills of materials and documentation are in "
            "it, and the import of what makes them. No torch is imported."
        ],
    )


def _sizes(sites: dict[int, Path]) -> Table:
    rows = []
    for folder in sites.values():
        sizes = [len(gzip.compress((folder / name).read_bytes(), 6)) for name in _FILES]
        whole = sum((folder / name).stat().st_size for name in _FILES)
        rows.append([_count(folder), sum(sizes) / 1e3, sizes[3] / 1e3, whole / 1e3])
    return Table(
        "The catalogue page",
        ["rows", "kB gzipped", "of which data", "kB"],
        rows,
        ["Page, style, scripts and data, each compressed as a web server does (gzip, level 6)."],
    )


def _browsing(sites: dict[int, Path], options: Options) -> Table:
    rows: list[list[Any]] = []
    with _browser() as browser:
        version = browser.version
        for folder in sites.values():
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.add_init_script(_FIRST_VIEW)
            views = []
            for _ in range(options.repeats):
                page.goto(f"file://{folder}/index.html")
                page.wait_for_function("window.firstView !== undefined", timeout=60_000)
                views.append(page.evaluate("window.firstView"))
            count = _count(folder)
            rows.append([count, "first view", None, None, median(views), max(views)])
            taken: dict[str, list[list[float]]] = {}
            for _ in range(options.repeats):
                for kind, *act in _ACTS:
                    taken.setdefault(kind, []).append(page.evaluate(_ACT, act))
            for kind, times in taken.items():
                work, shown = zip(*times, strict=True)
                rows.append([count, kind, median(work), max(work), median(shown), max(shown)])
            context.close()
    return Table(
        "In the browser",
        ["rows", "what", "work, ms", "worst, ms", "until it is shown, ms", "worst, ms"],
        rows,
        [
            f"Debian's Chromium {version} without a GPU, 1280 by 900, files from the disk. Work is "
            "the time of scripts, style and layout; what is shown also waits for the next frame, "
            "16.7 ms at most. The first view is counted from the start of the navigation."
        ],
    )


def _count(folder: Path) -> int:
    text = (folder / "assets/data.js").read_text("utf-8")
    return int(text.partition('\\"count\\":')[2].partition(",")[0])


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def _homes() -> Iterator[Path]:
    """Stores with a catalogue of made-up entries each, beside what is installed."""
    folder = Path(tempfile.mkdtemp(prefix="hub-benchmark-"))
    try:
        for name, count in (("few", FEW), ("many", MANY)):
            (folder / name / "catalogs").mkdir(parents=True)
            content = json.dumps(_catalog(count))
            (folder / name / "catalogs" / "made-up.json").write_text(content, "utf-8")
        yield folder
    finally:
        shutil.rmtree(folder)


def _catalog(count: int) -> dict[str, Any]:
    """As many weights, four to a model, with figures and licences that differ as real ones do."""
    rng = random.Random(0)
    tasks = ("image-classification", "object-detection", "semantic-segmentation")
    models: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for number in range(count // 4):
        name, enum = f"net_{number}", f"Net_{number}_Weights"
        params = int(10 ** rng.uniform(6, 9))
        models[name] = {
            "task": rng.choice(tasks),
            "architecture": "torchvision.models:resnet18",
            "weights": enum,
            "paper": f"https://arxiv.org/abs/{rng.randrange(12, 26)}0{rng.randrange(1, 10)}.12345",
        }
        members = {
            f"V{version}": {
                "url": f"https://example.org/{name}-{rng.getrandbits(32):08x}.pth",
                "sha256": f"{rng.getrandbits(256):064x}",
                "size": 4 * params + rng.randrange(10_000),
                "license": rng.choice(("MIT", "Apache-2.0", "CC-BY-NC-4.0", "BSD-3-Clause")),
                "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 224}],
                "meta": {
                    "num_params": params,
                    "_ops": round(params / 1e7 * rng.uniform(1, 5), 3),
                    "_metrics": {"ImageNet-1K": {"acc@1": round(rng.gauss(78, 5), 3)}},
                },
            }
            for version in range(4)
        }
        weights[enum] = {"builder": name, "default": "V0", "members": members}
    return {"schema": 1, "models": models, "weights": weights}
