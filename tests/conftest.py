"""Fixtures that several test files share."""

import contextlib
import functools
import importlib
import shutil
import sys
from importlib import metadata

import pytest
from environments import ROOT, Environment, build_wheel

from hubcore.catalogs import index
from hubcore.catalogs.index import refresh

# They add finders when they are first imported, the first by keyring and Lightning, the next by
# boto3, the last by tests. Each test has a `sys.meta_path` of its own, and would take those along.
for _module in ("importlib_metadata", "six", "hubcore.models"):
    with contextlib.suppress(ImportError):
        importlib.import_module(_module)


@functools.cache
def _is_installed(distribution):
    try:
        return bool(metadata.distribution(distribution))
    except metadata.PackageNotFoundError:
        return False


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Each test has a store of its own, and no settings of the machine's user."""
    home = tmp_path_factory.mktemp("home")
    for name in ("OFFLINE", "ROOTS", "MIRRORS", "DISABLE", "STRICT", "LOCK"):
        monkeypatch.delenv(f"HUBCORE_{name}", raising=False)
    if _is_installed("hub-timm"):  # what listings show is that of our families, whatever is there
        monkeypatch.setenv("HUBCORE_DISABLE", "hub-timm")
    monkeypatch.delenv("COLUMNS", raising=False)  # workers of pytest have some
    monkeypatch.setenv("HUBCORE_HOME", str(home))
    (home / "config.toml").touch()
    monkeypatch.setenv("HUBCORE_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    # What torch.hub.load adds in a test goes with it.
    monkeypatch.setattr(index, "_source_trees", [*index._source_trees])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", [*sys.path])
    refresh()
    yield home
    refresh()
    shutil.rmtree(home, ignore_errors=True)  # checkpoints fill a disk


_watched = None


def _note_connections(event, arguments):
    if _watched is not None and event in ("socket.connect", "socket.getaddrinfo"):
        _watched.append(arguments[0 if event == "socket.getaddrinfo" else 1])


@functools.cache  # such a hook stays for good
def _watch_once():
    sys.addaudithook(_note_connections)


@pytest.fixture
def connections():
    """The hosts that this process looks up, and the addresses that it connects to, in the test."""
    global _watched
    _watch_once()
    _watched = []
    yield _watched
    _watched = None


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """The folder of built wheels, and a function that builds one of the project's own once."""
    folder = tmp_path_factory.mktemp("wheels")
    built = {}

    def wheel(name="hubcore"):
        if not (ROOT / "plugins").is_dir():
            pytest.skip("needs a checkout of the repository")
        if name not in built:
            project = ROOT if name == "hubcore" else ROOT / "plugins" / name
            built[name] = build_wheel(project, folder)
        return built[name]

    return wheel


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheels):
    """An environment in which only hubcore's wheel is installed."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.install(wheels("hubcore"))
    return made


@contextlib.contextmanager
def torch_threads(number):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def one_thread():
    """Small models are quicker so, and give the same numbers each time."""
    with torch_threads(1):
        yield


@pytest.fixture
def two_threads():
    """Workers predict side by side, whatever the machine has."""
    with torch_threads(2):
        yield
