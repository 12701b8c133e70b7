"""Fixtures that the test files of this distribution share."""

import json
import sys
from pathlib import Path

import pytest

from hubcore.catalogs.index import refresh

sys.path.insert(0, str(Path(__file__).parent))  # for `browsers`

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
HOSTILE = f'"><svg onload=alert(3)>{SCRIPT}\x1b[31m\u202e\u2028${{alert(4)}}</script></table>'
ADDRESS = "javascript:alert(5)"


DIGEST = "12345678" + "0" * 56


def hostile_record():
    """A record of the weights of the hostile catalogue, with script in what pages show of it."""
    return {
        "schema": 1,
        "model": HOSTILE,
        "weights": HOSTILE,
        "task": "image-classification",
        "weights_sha256": DIGEST,
        "preprocessing": hostile_catalog()["weights"]["Hostile_Weights"]["members"]["V1"][
            "transforms"
        ],
        "data": {"name": HOSTILE, "dataset": None, "samples": 500, "of": 500},
        "metrics": {"acc@1": {"value": 51.0, "low": 50.0, "high": 52.0}},
        "machine": {"processor": HOSTILE},
        "speed": {"latency_ms": 12.5, "throughput": 160.0, "batch_size": 4, "engine": HOSTILE},
    }


def hostile_catalog():
    """A catalogue with script in every field that takes text, and addresses that are script."""
    source = {"title": HOSTILE, "url": ADDRESS, "summary": HOSTILE, "date": "2026-01-01"}
    statement = {"state": "stated", "spdx": HOSTILE, "url": ADDRESS, "source": source}
    member = {
        "url": "https://example.org/'\"><script>alert(6)</script>-12345678.pth",
        "mirrors": ["https://user:s3cretPW@example.org/w-12345678.pth?token=T0KEN"],
        "license": HOSTILE,
        "evidence": {
            "weights": statement,
            "code": statement,
            "data": [{"name": HOSTILE, "title": HOSTILE, "url": ADDRESS, "terms": statement}],
            "data_source": source,
        },
        "parent": {"name": HOSTILE, "evidence": {"weights": statement}},
        "transforms": [
            "hubcore.transforms:ImageClassification",
            {"crop_size": HOSTILE, "x=1) or print": 1, "class": HOSTILE},
        ],
        "meta": {
            "categories": [HOSTILE, "=cmd|' /C calc'!A0"],
            "num_params": 1000,
            "recipe": ADDRESS,
            "_docs": HOSTILE,
            "_metrics": {
                HOSTILE: {
                    HOSTILE: 1.0,
                    "constructor": 3.0,
                    "__proto__": 4.0,
                    "name": 6.0,
                    "date": 7.0,
                    "lacks": 8.0,
                    "acc@1": 50.0,
                }
            },
        },
    }
    model = {
        "task": "image-classification",
        "architecture": "torchvision.models:resnet18",
        "weights": "Hostile_Weights",
        "head": [HOSTILE],
        "doc": HOSTILE,
        "paper": ADDRESS,
    }
    entry = {"builder": "constructor", "default": "V1", "members": {"V1": member}}
    return {
        "schema": 1,
        "records": {"records/v1.json": DIGEST},
        "models": {"constructor": model, "Constructor": {**model, "doc": "the same but for case"}},
        "weights": {"Hostile_Weights": entry},
    }


@pytest.fixture(scope="module")
def own_home(tmp_path_factory):
    """Each file has a store and settings of its own, no network, and a hostile catalogue."""
    home = tmp_path_factory.mktemp("home")
    (home / "config.toml").touch()
    (home / "catalogs").mkdir()
    name = "ac<me>\"'&?#%41"
    (home / "catalogs" / f"{name}.json").write_text(json.dumps(hostile_catalog()), "utf-8")
    (home / "catalogs" / "records").mkdir()
    (home / "catalogs" / "records" / "v1.json").write_text(json.dumps(hostile_record()), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)  # workers of pytest have some
        patch.setenv("HUBCORE_HOME", str(home))
        patch.setenv("HUBCORE_CONFIG", str(home / "config.toml"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        patch.setenv("TORCH_HOME", str(home / "torch"))
        refresh()
        yield home
    refresh()


@pytest.fixture(scope="module")
def site(own_home, tmp_path_factory):
    """The folder of the site of what is installed, the hostile catalogue included."""
    from hub_site import build

    return build(tmp_path_factory.mktemp("sites") / "site").folder
