"""`hub site serve`: on loopback, for its own name only, built anew when something changes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from hub_site.serving import ServeError, Server
from hubcore.cli import main


@pytest.fixture
def fetch():
    """A function that asks for an address and returns the code and the text; never a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch(address, **headers):
        request = urllib.request.Request(address, headers=headers)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    return fetch


@contextlib.contextmanager
def serving(tmp_path, *arguments):
    """The command in a process of its own. Yields the process and its address."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "hubcore", "site", "serve", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:"), process.stderr.read()
        yield process, line.split()[0]
    finally:
        process.kill()
        process.communicate()


def test_it_is_built_anew_when_something_changes_and_ends_quietly(own_home, tmp_path, fetch):
    guides = tmp_path / "guides"
    guides.mkdir()
    (guides / "index.md").write_text("# First text\n")
    with serving(tmp_path, "--docs", str(guides)) as (process, address):
        assert "First text" in fetch(f"{address}docs/index.html")[1]
        (guides / "index.md").write_text("# Second text, longer\n")
        catalog = {
            "schema": 1,
            "models": {
                "latecomer": {
                    "task": "image-classification",
                    "architecture": "torchvision.models:resnet18",
                }
            },
        }
        added = own_home / "catalogs" / "late.json"
        added.write_text(json.dumps(catalog))
        time.sleep(1.1)  # it looks once a second
        try:
            assert "Second text" in fetch(f"{address}docs/index.html")[1]
            assert fetch(f"{address}models/late/latecomer.html")[0] == 200
        finally:
            added.unlink()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=10)[1]
        assert process.returncode == 0
        assert said == "Built anew.\n"
    assert list(tmp_path.glob("hub-site-*")) == []


def test_a_site_that_cannot_be_built_anew_stays_as_it_was(own_home, tmp_path, fetch):
    guides = tmp_path / "guides"
    guides.mkdir()
    (guides / "index.md").write_text("# First text\n")
    with serving(tmp_path, "--docs", str(guides)) as (process, address):
        (guides / "bad.md").write_bytes(b"\xff\xfe")
        time.sleep(1.1)
        assert "First text" in fetch(f"{address}docs/index.html")[1]
        process.terminate()
        said = process.communicate(timeout=10)[1]
        assert process.returncode == 0
    assert "bad.md is not text in UTF-8" in said
    assert "the old one is shown" in said
    assert "Traceback" not in said
    assert list(tmp_path.glob("hub-site-*")) == []


@pytest.fixture
def server(site):
    import threading

    with Server(site, 0, lambda: None) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_only_its_own_name_is_answered_and_no_folder_is_listed(server, fetch):
    """A page of elsewhere whose name leads here gets nothing (DNS rebinding)."""
    assert server.server_address[0] == "127.0.0.1"
    assert fetch(server.address)[0] == 200
    assert fetch(server.address, Host="attacker.example")[0] == 403
    assert fetch(server.address, Host=f"localhost:{server.server_port}")[0] == 200
    assert fetch(f"{server.address}weights/")[0] == 404
    assert fetch(f"{server.address}%2e%2e/%2e%2e/etc/passwd")[0] == 404


def test_a_port_that_is_taken_is_an_error(server, tmp_path, capsys):
    with pytest.raises(ServeError, match="Cannot use port"):
        Server(tmp_path, server.server_port, lambda: None)
    assert main(["site", "serve", "--no-docs", "--port", "70000"]) == 1
    assert "Choose another: --port" in capsys.readouterr().err
