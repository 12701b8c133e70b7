"""Web pages, error messages and Git LFS pointers in place of a file: named, and not kept."""

import hashlib
import json
import os
import re

import pytest
import servers
import torch

from hubcore.checkpoints.reading import read_checkpoint
from hubcore.download.impostors import impostor
from hubcore.errors import DigestMismatchError, DownloadError, WeightsError
from hubcore.packages import hooks
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
IMPOSTORS = {
    "page": (
        b"<html><title>Quota exceeded</title></html>",
        "an HTML page, titled 'Quota exceeded'",
    ),
    "doctype": (b"\r\n <!DOCTYPE HTML>\n<html></html>", "an HTML page"),
    "comment first": (b"<!-- x --><HTML><TITLE>\n a\n &amp; b</TITLE>", "titled 'a & b'"),
    "xhtml": (b'<?xml version="1.0"?><!DOCTYPE html><html/>', "an HTML page"),
    "byte order mark": (b"\xef\xbb\xbf<html>", "an HTML page"),
    "utf-16": ("\ufeff<html><title>Hi</title>".encode("utf-16-le"), "titled 'Hi'"),
    "control characters": (b"<html><title>\x1b[2J\x07hi</title>", "titled '[2J hi'"),
    "s3": (
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
        "an XML error message, 'AccessDenied'",
    ),
    "json": (b'{"message": "Bad credentials"}', "a JSON error message, 'Bad credentials'"),
    "lfs": (LFS, "a Git LFS pointer"),
    "empty": (b"", "an empty file"),
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("HUBCORE_TIMEOUT", "2")
    monkeypatch.setenv("HUBCORE_RETRIES", "1")


@pytest.mark.parametrize(("body", "kind"), IMPOSTORS.values(), ids=IMPOSTORS.keys())
def test_it_is_refused_without_a_digest_and_asked_for_again(server, tmp_path, body, kind):
    store = Store(tmp_path)
    good = os.urandom(1000)
    url = server.serve("/n.pth", good, [servers.page(body), servers.page(body)])
    for _ in range(2):
        with pytest.raises(DownloadError) as caught:
            store.get(RemoteFile((url,)), check_hash=False)
        assert kind in str(caught.value)
        assert not list(tmp_path.glob("blobs/*/*"))
        assert not list(tmp_path.glob("partial/*"))
    assert store.get(RemoteFile((url,)), check_hash=False).read_bytes() == good


@pytest.mark.parametrize(("body", "kind"), IMPOSTORS.values(), ids=IMPOSTORS.keys())
def test_a_wrong_digest_says_what_arrived(server, tmp_path, body, kind):
    url = server.serve("/n.pth", b"", always=servers.page(body))
    with pytest.raises(DigestMismatchError) as caught:
        Store(tmp_path).get(RemoteFile((url,), "0" * 64))
    assert f"What arrived is {kind}" in str(caught.value) or kind in str(caught.value)


@pytest.mark.parametrize("digest", [None, "0" * 64])
@pytest.mark.parametrize(("body", "kind"), IMPOSTORS.values(), ids=IMPOSTORS.keys())
def test_what_a_hook_fetches_is_looked_at_too(tmp_path, monkeypatch, body, kind, digest):
    monkeypatch.setattr(hooks, "installed", lambda: True)
    monkeypatch.setattr(hooks, "fetches", lambda: True)
    monkeypatch.setattr(hooks, "fetch", lambda url, target: target.write_bytes(body) >= 0)
    store = Store(tmp_path)
    with pytest.raises(DownloadError, match=re.escape(kind)):
        store.get(RemoteFile(("s3://acme/n.pth",), digest), check_hash=digest is not None)
    assert not list(tmp_path.glob("blobs/*/*"))
    assert not list(tmp_path.glob("partial/*"))


@pytest.mark.parametrize(("body", "kind"), IMPOSTORS.values(), ids=IMPOSTORS.keys())
def test_a_path_that_holds_one_is_named_for_what_it_is(tmp_path, body, kind):
    path = tmp_path / "w.pth"
    path.write_bytes(body)
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(path)
    assert kind in str(caught.value)
    assert "delete it" in str(caught.value)


def test_with_its_digest_any_file_is_right(server, tmp_path):
    """Somebody's file may be a page."""
    body = IMPOSTORS["page"][0]
    url = server.serve("/page.html", body)
    digest = hashlib.sha256(body).hexdigest()
    assert Store(tmp_path).get(RemoteFile((url,), digest)).read_bytes() == body


@pytest.mark.parametrize(
    "body",
    [
        b"{" + b" " * 9000,
        json.dumps({"weights": [1, 2]}).encode(),
        b'[{"error": 1}]',
        b"<net><layers/></net>",
        b"<",
        b"version 1",
        b"\x80\x02}q\x00.",
        b"PK\x03\x04",
        b"\x10\x00\x00\x00\x00\x00\x00\x00{}",
    ],
)
def test_what_may_be_a_checkpoint_is_none(tmp_path, body):
    path = tmp_path / "x"
    path.write_bytes(body)
    assert impostor(path) is None


@pytest.mark.parametrize("device", ["cuda", "cuda:7", torch.device("cuda", 99), "nonsense"])
def test_a_device_that_is_not_here_is_no_fault_of_the_file(tmp_path, device):
    if str(device) == "cuda" and torch.cuda.is_available():
        pytest.skip("CUDA is available here")
    torch.save({"w": torch.ones(2)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="is not available here") as caught:
        read_checkpoint(tmp_path / "w.pth", map_location=device)
    assert "damaged" not in str(caught.value)
    assert str(device) in str(caught.value)


ECHOES = {
    "address": b"<html><title>No https://u:SECRETPASS@h/n.pth?token=SECRETTOKEN here</title>",
    "token": b'{"message": "the token SECRETTOKEN has expired"}',
    "unquoted": b"<Error><Message>SECRET TOKEN2 is old</Message></Error>",
    "header": b'{"error": "Bearer SECRETBEARER is not valid"}',
    "gated": b'{"error": "SECRETHFTOKEN may not read this"}',
    "cut off": b'{"error": "' + b"-" * 72 + b'SECRETTOKEN"}',
}


@pytest.mark.parametrize("body", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("way", ["body", "wrong body", "status"])
def test_what_a_server_repeats_of_the_request_is_not_told(
    server, tmp_path, monkeypatch, body, way, caplog
):
    """Its error pages often name the address, with its signature, or the token."""
    caplog.set_level("DEBUG", "hubcore")
    config = tmp_path / "config.toml"
    config.write_text(f'[headers."{server.url}/"]\nAuthorization = "Bearer SECRETBEARER"\n')
    monkeypatch.setenv("HUBCORE_CONFIG", str(config))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "SECRETHFTOKEN")

    def refuse(exchange):
        exchange.handler.send_response(403, body.decode())
        exchange.handler.send_header("Content-Length", "0")
        exchange.handler.end_headers()

    fault = refuse if way == "status" else servers.page(body)
    url = server.serve("/n.pth?token=SECRETTOKEN&t=SECRET%20TOKEN2", b"", always=fault)
    file = RemoteFile((url,), "0" * 64 if way == "wrong body" else None)
    with pytest.raises(DownloadError) as caught:
        Store(tmp_path / "store").get(file, check_hash=way == "wrong body")
    assert "SECRET" not in str(caught.value) + caplog.text
