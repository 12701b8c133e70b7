"""The public names and their signatures: a change of them is seen in review."""

import difflib
import sys

from environments import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import public_api


def test_public_names_and_signatures_are_as_noted():
    noted = public_api.FILE.read_text("utf-8").splitlines()
    changes = list(
        difflib.unified_diff(noted, public_api.public_api().splitlines(), "noted", "now", n=0)
    )
    assert changes == [], "if it is meant: python scripts/public_api.py, and say so in CHANGELOG"
