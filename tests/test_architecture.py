"""docs/architecture.md: the way from a name to mapped bytes is the one that a real call takes."""

import re
import sys
import threading
from functools import reduce
from importlib import import_module

import pytest
import torchvision
from environments import ROOT
from seeding import seeded_hub
from servers import FaultyServer

import hubcore

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WAY = re.findall(r"^\| `(\w+\.[\w.]+)` \|", DOCUMENT, re.M)
ENTRY_POINTS = "packages.entry_points.entry_points"


def code_of(name):
    """The code of a function, given by its module and its name: ``store.blobs.Blobs.publish``."""
    parts = name.split(".")
    last = next(n for n in range(len(parts) - 1, 0, -1) if is_module(parts[:n]))
    module = import_module("hubcore." + ".".join(parts[:last]))
    function = reduce(getattr, parts[last:], module)
    function = getattr(function, "__func__", function)
    return getattr(function, "__wrapped__", function).__code__  # of a context manager


def is_module(parts):
    path = ROOT.joinpath("hubcore", *parts)
    return path.with_suffix(".py").exists()


def calls_of(action):
    """The code objects that are called, in the order of their first calls."""
    called = {}

    def note(frame, event, _):
        called.setdefault(frame.f_code)

    threading.setprofile(note)  # a download has a thread of its own
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(called)


def test_a_call_passes_the_functions_in_the_documented_order(tmp_path):
    names = {code_of(name): name for name in WAY}
    with (
        seeded_hub(tmp_path) as seeded,
        FaultyServer() as server,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        theirs = torchvision.models.ResNet50_Weights.DEFAULT
        seeded.put_seeded("resnet50", theirs)
        file = seeded.checkpoints / theirs.url.rpartition("/")[2]
        address = server.serve(f"/{file.name}", file.read_bytes())
        file.unlink()
        monkeypatch.delenv("HUBCORE_OFFLINE", raising=False)
        prefix = theirs.url.removesuffix(file.name)
        monkeypatch.setenv("HUBCORE_MIRRORS", f"{prefix}={address.removesuffix(file.name)}")

        def call():
            hubcore.get_model("resnet50", weights="DEFAULT")

        hubcore.refresh()
        passed = [names[code] for code in calls_of(call) if code in names]
        # The seeded catalogues lie in a source tree, which is read before the entry points.
        passed.insert(WAY.index(ENTRY_POINTS), passed.pop(passed.index(ENTRY_POINTS)))
        assert passed == WAY
        start, end = WAY.index("store.acquire.acquire"), WAY.index("store.blobs.Blobs.publish")
        again = {names[code] for code in calls_of(call) if code in names}
        assert not again & set(WAY[start : end + 1])
