"""Fixtures of the store's tests: a server, a store; a home with a catalogue, and ``hub``.

A test module takes them with ``pytest_plugins = ["store_fixtures"]``.
"""

import os
import subprocess
import sys

import pytest
import servers
from store_samples import CONTENT, write_catalog

from hubcore.store import Store


@pytest.fixture
def server():
    with servers.FaultyServer() as server:
        yield server


@pytest.fixture
def store_environment(monkeypatch, tmp_path, tmp_path_factory):
    """No settings, proxies or credentials of the machine's user."""
    for name in list(os.environ):
        if name.startswith("HUBCORE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    config = tmp_path_factory.mktemp("config")
    (config / "config.toml").touch()
    monkeypatch.setenv("HUBCORE_CONFIG", str(config / "config.toml"))
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # no netrc of the developer's


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def hub(home, tmp_path):
    """Runs ``hub`` with a home of its own."""

    def run(*arguments, check=None, cwd=tmp_path, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBCORE_")}
        result = subprocess.run(
            [sys.executable, "-m", "hubcore.cli", *map(str, arguments)],
            env={
                **environment,
                "HUBCORE_HOME": str(home),
                "HUBCORE_RETRIES": "1",
                "HUBCORE_TIMEOUT": "5",
                "HUBCORE_CONFIG": os.devnull,
                "TORCH_HOME": str(tmp_path / "torch"),
                **variables,
            },
            cwd=cwd,
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in result.stderr, result.stderr
        if check is not None:
            assert result.returncode == check, result
        return result

    return run


@pytest.fixture
def urls(server, home):
    urls = {name: server.serve(f"/{name}.pth", data) for name, data in CONTENT.items()}
    write_catalog(home, urls)
    return urls
