"""Listing and look-ups do little, however many entries and distributions there are.

Work is counted in calls of functions: time is for the benchmarks.
"""

import sys
from pathlib import Path

import platformdirs
import pytest

import hubcore
from hubcore import settings
from hubcore.catalogs.index import refresh


def catalog(count):
    weights = {
        "url": "https://example.org/a-0123456789.pth",
        "transforms": "hubcore.transforms:ImageClassification",
    }
    return {
        "schema": 1,
        "models": {
            f"model{i}": {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet18",
                "weights": f"Model{i}_Weights",
            }
            for i in range(count)
        },
        "weights": {
            f"Model{i}_Weights": {
                "builder": f"model{i}",
                "default": "V1",
                "members": {"V1": weights},
            }
            for i in range(count)
        },
    }


def calls_of(action):
    """How many functions an action calls, those in C as well."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "look_up",
    [
        lambda i: hubcore.get_weight(f"Model{i}_Weights.V1"),
        lambda i: hubcore.get_model_builder(f"many/model{i}"),
        lambda i: hubcore.get_model_weights(f"model{i}"),
        lambda i: hubcore.list_weights(f"model{i}"),
    ],
    ids=["get_weight", "get_model_builder", "get_model_weights", "list_weights"],
)
def test_a_look_up_costs_the_same_among_many(look_up):
    costs = []
    for count in (10, 100, 10_000):
        with hubcore.register(catalog(count), name="many"):
            look_up(1)  # finds the plugins, once
            costs.append(calls_of(lambda: look_up(2)))
    assert costs[1] == costs[2]  # the very first one imports modules


def test_listing_grows_with_the_number_of_entries_and_not_faster():
    costs = []
    for count in (1_000, 10_000):
        with hubcore.register(catalog(count), name="many"):
            hubcore.list_models()
            costs.append(calls_of(hubcore.list_models) / count)
    assert costs[1] < 1.1 * costs[0]
    assert costs[1] < 10


def test_other_distributions_cost_a_glance_each(tmp_path, monkeypatch):
    """A file is opened for each, and nothing is parsed that has nothing for the hub."""

    def cost():
        refresh()
        return calls_of(hubcore.list_models)

    cost()
    before = cost()
    for i in range(300):
        info = tmp_path / f"other_{i}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert cost() - before < 300 * 60


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs is asked")
@pytest.mark.parametrize("value", [None, "", "/data/cache", " "])
def test_the_platforms_folders_are_those_of_platformdirs(value, monkeypatch):
    for name in ("HUBCORE_HOME", "HUBCORE_CONFIG"):
        monkeypatch.delenv(name)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert settings.home() == Path(platformdirs.user_cache_dir("hubcore", appauthor=False))
    config = Path(platformdirs.user_config_dir("hubcore", appauthor=False)) / "config.toml"
    assert settings.config_file() == config
