"""``hf:`` addresses and gated files, against a server on loopback that speaks the protocol."""

import hashlib
import json
import sys
import types

import pytest
from servers import FaultyServer, good, redirect, status

import hubcore
from hubcore.cli import main
from hubcore.download.addresses import check_address, file_name
from hubcore.download.huggingface import is_fixed, web_address
from hubcore.download.remote import RemoteFile
from hubcore.errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    MissingDigestError,
    OfflineError,
    UnsafeAddressError,
)
from hubcore.store import Store

DATA = b"tensors " * 5000
COMMIT = "c0ffee" * 6 + "c0de"
URL = f"hf://acme/net/sub/model.safetensors@{COMMIT}"
TOKEN = "hf_secret"


class Hub:
    """A repository, acme/net, with one file; and the host that keeps its bytes."""

    def __init__(self, front, back, monkeypatch):
        self.front, self.back = front, back
        monkeypatch.setenv("HF_ENDPOINT", front.url + "/")
        self.offer(DATA)

    def offer(self, data, states=None, revision=COMMIT, gate=None):
        digest = hashlib.sha256(states or data).hexdigest()
        files = [
            {"path": "sub/config.json", "size": 3},
            {"path": "sub/model.safetensors", "lfs": {"oid": digest, "size": len(data)}},
        ]
        signed = self.back.serve("/signed", data)
        self.listed = f"/api/models/acme/net/tree/{revision}/sub"
        self.file = f"/acme/net/resolve/{revision}/sub/model.safetensors"
        wrap = gate or (lambda answer: answer)
        self.front.serve(self.listed, json.dumps(files).encode(), always=wrap(good))
        self.front.serve(self.file, b"", always=wrap(redirect(signed)))
        self.front.serve(self.file.replace("model.safetensors", "config.json"), b"{ }")


def gated(answer):
    """Lets in who shows the token."""

    def fault(exchange):
        shown = exchange.handler.headers.get("Authorization")
        (answer if shown == f"Bearer {TOKEN}" else status(401))(exchange)

    return fault


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def hub(monkeypatch):
    with FaultyServer() as front, FaultyServer() as back:
        yield Hub(front, back, monkeypatch)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def test_a_file_is_held_to_what_its_repository_states(hub, store):
    path = store.get(RemoteFile((URL,)), progress=False)
    assert path.read_bytes() == DATA
    assert path.name == hashlib.sha256(DATA).hexdigest()
    assert store.pinned(URL).sha256 == path.name


def test_other_bytes_than_the_repository_states_are_refused(hub, store):
    hub.offer(DATA, states=b"x" * len(DATA))
    with pytest.raises((ChangedUpstreamError, DigestMismatchError), match="SHA-256"):
        store.get(RemoteFile((URL,)), progress=False)


def test_another_digest_than_the_catalogues_is_refused_before_the_download(hub, store):
    with pytest.raises(DigestMismatchError):
        store.get(RemoteFile((URL,), "0123456789"), progress=False)
    assert hub.back.requests == []


def test_the_catalogues_whole_digest_needs_no_question(hub, store):
    file = RemoteFile((URL,), hashlib.sha256(DATA).hexdigest())
    assert store.get(file, progress=False).read_bytes() == DATA
    assert hub.front.asked(hub.listed) == []


def test_a_branch_that_moves_is_refused(hub, store):
    url = "hf://acme/net/sub/model.safetensors@release/1"
    hub.offer(DATA, revision="release%2F1")
    store.get(RemoteFile((url,)), progress=False).unlink()
    hub.offer(DATA[::-1], revision="release%2F1")
    with pytest.raises(ChangedUpstreamError, match="hub cache forget"):
        store.get(RemoteFile((url,)), progress=False)


def test_offline_a_file_that_is_there_serves_and_another_is_told_of(hub, store, monkeypatch):
    file = RemoteFile((URL,))
    path = store.get(file, progress=False)
    asked = len(hub.front.requests)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    assert store.get(file, progress=False) == path
    with pytest.raises(OfflineError, match="hub cache pin"):
        store.get(RemoteFile(("hf://acme/net/other.pth",)), progress=False)
    assert len(hub.front.requests) == asked


def test_mirrors_of_the_https_address_and_of_the_hf_one_serve_bytes_but_no_digest(
    hub, store, monkeypatch
):
    with FaultyServer() as mirror:
        mirror.serve(hub.file, DATA)
        mirror.serve("/copy/sub/model.safetensors@" + COMMIT, DATA)
        for prefix, to in (
            (hub.front.url + "/acme/", mirror.url + "/acme/"),
            ("hf://acme/net/", mirror.url + "/copy/"),
        ):
            monkeypatch.setenv("HUBCORE_MIRRORS", f"{prefix}={to}")
            store.get(RemoteFile((URL,)), progress=False).unlink()
        assert [path for path, _ in mirror.requests if "api" in path] == []
        assert {path for path, _ in mirror.requests} == {
            hub.file, "/copy/sub/model.safetensors@" + COMMIT,
        }  # fmt: skip
    assert hub.back.requests == []


def test_a_file_without_a_stated_digest_needs_one_of_the_users(hub, store):
    url = f"hf://acme/net/sub/config.json@{COMMIT}"
    with pytest.raises(MissingDigestError, match="not kept with Git LFS"):
        store.get(RemoteFile((url,)), progress=False)
    store.pin(url, hashlib.sha256(b"{ }").hexdigest())
    assert store.get(RemoteFile((url,)), progress=False).read_bytes() == b"{ }"


def page_of(hub, address, files, following):
    link = f'<{following}>; rel="next"'
    hub.front.serve(address, json.dumps(files).encode(), Link=link)


def test_a_folder_of_many_files_is_read_page_by_page(hub, store):
    """The hub lists a thousand files at a time, and names the next page in a header."""
    last = hub.front.resources[hub.listed].data
    page_of(hub, hub.listed, [{"path": "sub/a.json"}], f"{hub.front.url}{hub.listed}?cursor=2")
    page_of(hub, f"{hub.listed}?cursor=2", [{"path": "sub/b.json"}], "?cursor=3")
    hub.front.serve(f"{hub.listed}?cursor=3", last)
    assert store.get(RemoteFile((URL,)), progress=False).read_bytes() == DATA


def test_pages_of_another_host_or_without_end_are_refused(hub, store):
    hub.back.serve(hub.listed, json.dumps([]).encode())
    page_of(hub, hub.listed, [], hub.back.url + hub.listed)
    with pytest.raises(DownloadError, match="continues at another host"):
        store.get(RemoteFile((URL,)), progress=False)
    assert hub.back.requests == []
    page_of(hub, hub.listed, [], hub.listed)
    with pytest.raises(DownloadError, match="do not end"):
        store.get(RemoteFile((URL,)), progress=False)


@pytest.mark.parametrize("answer", [b"[]", b"{}", b"<html>", b"[1]", b'[{"path": 3}]'])
def test_answers_that_make_no_sense_are_errors(hub, store, answer):
    hub.front.serve(hub.listed, answer)
    with pytest.raises(DownloadError):
        store.get(RemoteFile((URL,)), progress=False)


def test_full_digests_can_be_required_of_these_too(hub, store, monkeypatch):
    """What a repository states is only as good as the hub's word."""
    monkeypatch.setenv("HUBCORE_REQUIRE", "full")
    with pytest.raises(MissingDigestError, match="HUBCORE_REQUIRE"):
        store.get(RemoteFile((URL,)), progress=False)
    assert hub.front.requests == []


def test_a_gated_file_needs_the_token_which_goes_to_its_host_only(
    hub, store, monkeypatch, caplog, tmp_path
):
    hub.offer(DATA, gate=gated)
    with pytest.raises(DownloadError, match="set HF_TOKEN"):
        store.get(RemoteFile((URL,)), progress=False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert store.get(RemoteFile((URL,)), progress=False).read_bytes() == DATA
    assert hub.back.asked("/signed")
    assert not any("Authorization" in headers for _, headers in hub.back.requests)
    assert TOKEN not in caplog.text
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_a_token_that_is_refused_is_said_to_be_so_and_not_shown(hub, store, monkeypatch):
    """Who has one already is not told to set one."""
    hub.offer(DATA, gate=gated)
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    with pytest.raises(DownloadError, match="your token for it was refused: accept") as error:
        store.get(RemoteFile((URL,)), progress=False)
    assert "somebody" not in str(error.value)


def test_what_is_not_there_is_said_in_words(hub, store):
    for url, says in (
        ("hf://acme/gone/x.pth@main", "There is no repository acme/gone, or nothing at main in it"),
        (f"hf://acme/net/sub/gone.pth@{COMMIT}", "acme/net has no file sub/gone.pth at c0ffee"),
    ):
        with pytest.raises(DownloadError, match=says):
            store.get(RemoteFile((url,)), progress=False)


def test_a_token_is_not_shown_where_none_is_asked_for(hub, store, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    store.get(RemoteFile((URL,)), progress=False)
    assert not any("Authorization" in headers for _, headers in hub.front.requests)


def test_another_host_that_asks_for_it_does_not_get_it(hub, store, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.back.serve("/closed", DATA, always=status(401))
    with pytest.raises(DownloadError, match="401"):
        store.get(RemoteFile((hub.back.url + "/closed",), "12345678"), progress=False)
    assert not any("Authorization" in headers for _, headers in hub.back.requests)


def test_the_keyrings_token_serves_for_any_host(hub, store, monkeypatch):
    asked = []

    def get_password(service, name):
        asked.append((service, name))
        return TOKEN

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=get_password))
    url = hub.back.serve("/private.pth", DATA, always=gated(good))
    file = RemoteFile((url,), hashlib.sha256(DATA).hexdigest())
    assert store.get(file, progress=False).read_bytes() == DATA
    assert set(asked) == {("hubcore", hub.back.url.removeprefix("http://"))}


@pytest.mark.parametrize(
    "url",
    ["hf://acme", "hf://acme/net", "hf://acme/net/", "hf://acme/net/../x", "hf://../net/x",
     "hf://acme/net/x@", "hf://acme/net/x@../y", "hf://acme/net/x?y", "hf://me:pw@acme/net/x"],
)  # fmt: skip
def test_addresses_of_another_form_are_refused(url):
    with pytest.raises(UnsafeAddressError):
        check_address(url)


def test_what_an_address_means(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert file_name("hf://acme/net/a b/model.pth@refs/pr/1".replace(" ", "_")) == "model.pth"
    assert web_address("hf://acme/net/m.pth@refs/pr/1") == (
        "https://huggingface.co/acme/net/resolve/refs%2Fpr%2F1/m.pth"
    )
    assert web_address("hf://acme/net/m.pth").endswith("/acme/net/resolve/main/m.pth")
    assert is_fixed(URL)
    assert not is_fixed("hf://acme/net/m.pth")


def test_hub_show_says_where_the_digest_comes_from(capsys):
    member = {
        "url": URL,
        "sha256": None,
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 32}],
    }
    enum = {"builder": "resnet18", "default": "V1", "members": {"V1": member}}
    with hubcore.register({"schema": 1, "weights": {"Acme_Weights": enum}}, name="acme"):
        assert main(["show", "acme/Acme_Weights.V1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "none in the catalogue; its repository is asked for it at the first download" in shown
