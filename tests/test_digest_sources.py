"""scripts/digests.py: a full digest is taken from public places only if they agree."""

import json
import subprocess
import sys

import pytest
from environments import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import digests
from catalogtool.families import FAMILIES

sys.path.pop(0)

URL = "https://example.org/net-01234567.pth"
GOOD, OTHER = "01234567" + "a" * 56, "01234567" + "b" * 56


def seen(digest=GOOD, project="one", **more):
    return {"sha256": digest, "project": project, "where": "a file", **more}


def test_two_projects_that_agree_are_believed():
    found = digests.merged({}, {URL: [seen(), seen(project="two", size=3)]})
    assert found == {URL: {"sha256": GOOD, "size": 3}}


@pytest.mark.parametrize("sightings", [[seen()], [seen(), seen()]])
def test_one_project_is_not_enough_however_often_it_says_so(sightings):
    assert digests.merged({}, {URL: sightings}) == {}


@pytest.mark.parametrize(
    "sightings",
    [
        [seen(), seen(OTHER, "two")],
        [seen(size=3), seen(project="two", size=4)],
        [seen("f" * 64), seen("f" * 64, "two")],
        [seen(GOOD[:40]), seen(GOOD[:40], "two")],
    ],
)
def test_what_disagrees_is_an_error(sightings):
    with pytest.raises(ValueError, match=r"net-01234567"):
        digests.merged({}, {URL: sightings})


def test_a_digest_that_is_known_is_not_replaced():
    with pytest.raises(ValueError, match="another digest is known"):
        digests.merged({URL: {"sha256": OTHER}}, {URL: [seen(), seen(project="two")]})


def test_the_catalogues_data_has_what_the_sightings_confirm():
    script = ROOT / "scripts" / "digests.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    known = json.loads(digests.DIGESTS.read_text("utf-8"))["files"]
    catalogs = [family.catalog.read_text("utf-8") for family in FAMILIES]
    for url, facts in known.items():
        texts = [text for text in catalogs if f'"{url}"' in text]
        assert texts, url
        assert all(facts["sha256"] in text for text in texts), url
