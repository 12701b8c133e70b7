"""Addresses of other schemes, of which packages tell where they are on the web."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from environments import write_dist_info
from servers import FaultyServer, redirect, status

from hubcore.cli import main
from hubcore.errors import DownloadError, OfflineError, UnsafeAddressError
from hubcore.packages import schemes
from hubcore.store import RemoteFile

pytest_plugins = ["store_fixtures"]

DOCUMENT = Path(__file__).parents[1] / "docs" / "hooks.md"
EXAMPLE = re.search(
    r"^# Addresses of other schemes$.*?^```python\n(.*?)^```$",
    DOCUMENT.read_text("utf-8"),
    re.M | re.S,
)[1]
DATA = b"weights" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a module as a distribution that knows a scheme."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = []

    def install(code, scheme="lab", name="acme"):
        modules.append(f"{name}_lab")
        (site / f"{name}_lab.py").write_text(code)
        entry = f"[{schemes.GROUP}]\n{scheme} = {name}_lab:web_address\n"
        write_dist_info(site, f"{name}_lab", entry)

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def remote(*urls):
    return RemoteFile(urls, DIGEST)


@pytest.mark.usefixtures("store_environment")
def test_the_documented_example_works(install, store, server, monkeypatch):
    install(EXAMPLE)
    with pytest.raises(DownloadError, match=r"lab:w\.pth: set LAB_SERVER and LAB_TOKEN"):
        store.get(remote("lab:w.pth"))
    monkeypatch.setenv("LAB_SERVER", server.url)
    monkeypatch.setenv("LAB_TOKEN", "T0KEN")
    server.serve("/w.pth", DATA, [status(403)])
    with pytest.raises(DownloadError, match=r"lab:w\.pth: HTTP 403.*may have expired") as caught:
        store.get(remote("lab:w.pth"))
    assert server.url not in str(caught.value)
    assert store.get(remote("lab:w.pth")).read_bytes() == DATA
    assert server.asked("/w.pth")[1]["Authorization"] == "Bearer T0KEN"
    assert next(store.entries()).sources == ("lab:w.pth",)


@pytest.mark.usefixtures("store_environment")
def test_its_headers_go_to_its_own_address_only(install, store, server, monkeypatch):
    install(EXAMPLE)
    monkeypatch.setenv("LAB_TOKEN", "T0KEN")
    monkeypatch.setenv("LAB_SERVER", server.url)
    with FaultyServer() as moved:
        server.serve("/w.pth", DATA, always=redirect(moved.serve("/x.pth", DATA)))
        store.get(remote("lab:w.pth"))
        assert server.requests[0][1]["Authorization"] == "Bearer T0KEN"
        assert "Authorization" not in moved.requests[0][1]


@pytest.mark.usefixtures("store_environment")
@pytest.mark.parametrize(
    "code",
    [
        "raise RuntimeError('s3cret')",
        "def web_address(url): raise KeyError('s3cret')",
        "def web_address(url): return 5",
        "def web_address(url): return ('file:///etc/hostname', {}, '')",
        "def web_address(url): raise SystemExit",
        "",
    ],
)
def test_a_broken_package_costs_its_address_and_tells_no_secret(install, store, server, code):
    install(code)
    with pytest.raises(DownloadError) as caught:
        store.get(remote("lab:w.pth"))
    assert "s3cret" not in str(caught.value)
    good = server.serve("/w.pth", DATA)
    assert store.get(remote("lab:w.pth", good)).read_bytes() == DATA


@pytest.mark.usefixtures("store_environment")
def test_a_scheme_that_two_packages_name_is_an_error_that_lists_both(install, store, monkeypatch):
    install(EXAMPLE)
    install(EXAMPLE, name="other")
    with pytest.raises(DownloadError, match="acme-lab, other-lab"):
        store.get(remote("lab:w.pth"))
    monkeypatch.setenv("HUBCORE_DISABLE", "other-lab")
    with pytest.raises(DownloadError, match="set LAB_SERVER"):
        store.get(remote("lab:w.pth"))


@pytest.mark.usefixtures("store_environment")
def test_a_package_that_is_left_out_knows_no_scheme(install, store, monkeypatch):
    install(EXAMPLE)
    monkeypatch.setenv("HUBCORE_DISABLE", "acme-lab")
    with pytest.raises(UnsafeAddressError, match="no way to fetch 'lab:'"):
        store.get(remote("lab:w.pth"))


@pytest.mark.usefixtures("store_environment")
def test_a_package_cannot_take_the_hubs_own_schemes(install, store, server):
    for scheme in ("http", "https"):
        install("raise AssertionError", scheme, f"acme{scheme}")
    assert store.get(remote(server.serve("/w.pth", DATA))).read_bytes() == DATA


@pytest.mark.usefixtures("store_environment")
def test_offline_no_package_is_asked(install, store, monkeypatch):
    install("raise AssertionError")
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with pytest.raises(OfflineError):
        store.get(remote("lab:w.pth"))


def test_nothing_is_imported_before_such_an_address_is_fetched(install, capsys, tmp_path):
    install("raise AssertionError")
    assert schemes.is_known("lab")
    assert main(["plugins"]) == 0
    assert re.search(r"^lab +acme-lab *$", capsys.readouterr().out, re.M)
    assert "acme_lab" not in sys.modules
    code = "import sys, hubcore.packages.schemes as s; s.is_known('s3'); sys.exit('pluggy' in "
    subprocess.run([sys.executable, "-c", f"{code}sys.modules)"], check=True)
