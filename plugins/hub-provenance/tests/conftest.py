"""Fixtures that the test files of this distribution share."""

import pytest

from hubcore.catalogs.index import refresh


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Each test has a store and a configuration file of its own, and no network."""
    home = tmp_path_factory.mktemp("home")
    (home / "config.toml").touch()
    monkeypatch.delenv("COLUMNS", raising=False)  # workers of pytest have some
    monkeypatch.setenv("HUBCORE_HOME", str(home))
    monkeypatch.setenv("HUBCORE_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    refresh()
    yield home
    refresh()
