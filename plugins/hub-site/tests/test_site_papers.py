"""Model cards, bills of materials and pictures of predictions, as pages offer them."""

import ast
import json

import pytest
from photos import CHELSEA, import_mobilenet

import hubcore
from hub_provenance.bom import to_text
from hub_site import build
from hub_site.entries import Package, contents
from hub_site.pictures import pictures
from hub_site.usage import hub_code, transforms_code, weights_code
from hubcore.catalogs.index import refresh
from hubcore.cli import main
from hubcore.prediction import InputError

PAGE = "weights/hub-classification/MobileNet_V2_Weights.IMAGENET1K_V1.html"
PAPER = "papers/hub-classification/MobileNet_V2_Weights.IMAGENET1K_V1"


def test_a_page_offers_the_card_and_the_bill_that_the_commands_write(site, capsys):
    page = (site / PAGE).read_text("utf-8")
    assert f'href="../../{PAPER}.md" download' in page
    assert f'href="../../{PAPER}.cdx.json" download' in page
    name = "MobileNet_V2_Weights.IMAGENET1K_V1"
    assert main(["card", name]) == 0
    assert (site / f"{PAPER}.md").read_text("utf-8") == capsys.readouterr().out
    assert main(["bom", name]) == 0
    assert json.loads((site / f"{PAPER}.cdx.json").read_text("utf-8")) == json.loads(
        capsys.readouterr().out
    )


def test_the_code_on_pages_is_python_and_the_preprocessing_is_the_weights_own(own_home):
    """What a page shows to copy can be run, and gives what `weights.transforms()` gives."""
    seen = set()
    for weights in contents().weights:
        model = weights.model.name if weights.model else None
        package = Package(weights.distribution, "", "", None, 1, 1, is_ours=True)
        reference = weights.entry.catalog.reference(weights.data["transforms"])
        preprocessing = transforms_code(reference)
        for code in (weights_code(weights, model), hub_code(package, model, weights.bare)):
            ast.parse(code)
        ast.parse(preprocessing)
        if preprocessing not in seen and not weights.distribution.startswith("ac"):
            seen.add(preprocessing)
            made = {}
            exec(preprocessing, made)
            own = hubcore.get_weight(weights.canonical).transforms()
            assert repr(made["preprocess"]) == repr(own), weights.canonical
    assert len(seen) > 10


def check_bills(paths):
    for path in paths:
        to_text(json.loads(path.read_text("utf-8")))  # raises if it breaks the schema


def test_bills_are_valid_a_hostile_catalogues_too(site):
    hostile = [path for path in site.glob("papers/*/*.json") if "ac-me" in str(path)]
    assert hostile
    check_bills([*hostile, *site.glob("papers/hub-detection/*.json")])


@pytest.mark.sweep
def test_all_bills_are_valid(site):
    check_bills(site.glob("papers/*/*.json"))


def test_weights_at_hand_show_what_they_give_for_a_photo(tmp_path, monkeypatch):
    """A real prediction of real weights; all others have a sketch that says so."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    refresh()
    import_mobilenet()
    built = build(tmp_path / "site", guides=False, photo=CHELSEA)
    assert built.problems == ()
    page = (built.folder / PAGE).read_text("utf-8")
    assert "pictures/0001.jpg" in page
    assert "Egyptian cat" in page  # in words as well
    assert "Sketch" not in page
    assert (built.folder / "pictures/0001.jpg").read_bytes().startswith(b"\xff\xd8")
    model = (built.folder / "models/hub-classification/mobilenet_v2.html").read_text("utf-8")
    assert "pictures/0001.jpg" in model
    other = (built.folder / PAGE.replace("V2_Weights", "V3_Large_Weights")).read_text("utf-8")
    assert "Not a prediction" in other


def test_rules_for_licences_hold_for_predictions_too(tmp_path, monkeypatch):
    """Weights that the user's rules refuse are not run; the build says why, and goes on."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    refresh()
    import_mobilenet()
    monkeypatch.setenv("HUBCORE_LICENSES", "allow=MIT")
    made = pictures(contents(), CHELSEA)
    assert made.pages == []
    assert "HUBCORE_LICENSES" in made.problems[0]


def test_a_photo_that_cannot_be_read_leaves_no_site(tmp_path):
    (tmp_path / "photo.jpg").write_text("words")
    with pytest.raises(InputError, match=r"photo\.jpg"):
        build(tmp_path / "site", guides=False, photo=tmp_path / "photo.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]
